"""What the report of the shipped data runs: each chapter, on one data set or more."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

# Those that take longest on the same customers first, so that at the end no processor waits long for another.
LONGEST_FIRST = ("value", "segmentation", "relationship", "satisfaction", "lifecycle", "loyalty")


LONGEST = 120  # bytes of the name of a folder


@dataclass(frozen=True)
class Run:
    """A chapter with the parameters for one data set, as the report runs it."""

    theory: str
    label: str
    given: Mapping[str, object] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """A name for its folder: "value-online-retail"."""
        slug = re.sub(r"\W+", "-", self.label.lower()).strip("-")
        if len(slug.encode()) > LONGEST:  # systems refuse names of more than 255 bytes
            slug = f"{slug[:20].strip('-')}-{zlib.crc32(slug.encode()):08x}"
        return "-".join([self.theory, slug]).rstrip("-")


RUNS: tuple[Run, ...] = (
    Run("relationship", "Corporate reputation, Online Retail"),
    Run("lifecycle", "Online Retail"),
    Run(
        "lifecycle",
        "CDNOW",
        {
            "transactions": "cdnow_sample",
            "customer": "customer_id",
            "date": "date",
            "amount": "amount_usd",
            "currency": "$",
            "period": "month",
            "new": 3,
            "at_risk": 3,
            "lost": 6,
            "loyal_window": 12,
            "change_window": 3,
            "older": False,  # everybody's first purchase is in the log
            "target_return": 0.15,
            "leads": "",
            "contracts": "",
            "leavers": "",
        },
    ),
    Run("satisfaction", "SFO, ECSI"),
    Run("loyalty", "ECSI, SFO, CDNOW"),
    Run("value", "CDNOW"),
    Run(
        "value",
        "Online Retail",
        {
            "transactions": "online_retail",
            "customer": "customer_id",
            "date": "invoice_time",
            "amount": "amount_gbp",
            "currency": "£",
            "acquisition_cost": 40.0,
        },
    ),
    Run("segmentation", "Online Retail"),
)


def lasting(theory: str) -> int:
    """The place of a chapter among the others, the longest first; one of the user's own comes before them, as nobody
    knows how long it takes.

    >>> sorted(["loyalty", "value", "my.ipynb"], key=lasting)
    ['my.ipynb', 'value', 'loyalty']
    """
    return LONGEST_FIRST.index(theory) if theory in LONGEST_FIRST else -1
