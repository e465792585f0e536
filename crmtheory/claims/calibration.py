"""How often each verdict came where the truth about a claim is known.

The numbers were made by simulation (`python -m benchmarks.claims_calibration`; docs/calibration.md says how) on data as
large as the sample data, and are shipped with the package. There are three kinds of world for each claim: "just true"
(θ at the threshold), "clearly true" and "clearly false".
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from crmtheory.errors import SchemaError, unknown
from crmtheory.places import PACKAGE

KINDS = ("just true", "clearly true", "clearly false")
OUTCOMES = ("supported", "contradicted", "inconclusive", "not_testable")
COLUMNS = ("claim", "world", "theta", "worlds", *OUTCOMES, "n", "effect")
POWER = 0.8  # Cohen (1988): what is true should be found at least four times in five


def calibration() -> pd.DataFrame:
    """The counts, one row for each claim and kind of world, in the order of the ledger.

    Returns
    -------
    frame, index claim, world: theta (the true one), worlds (data sets drawn), supported, contradicted, inconclusive,
    not_testable (how many of them got this verdict), n (customers, respondents or cases in each), effect (the world in
    words); without rows if the file is missing

    >>> float(calibration().loc[("LIF-3", "just true"), "theta"])
    0.05
    """
    return _table().copy()


def share(claim: str, world: str, verdict: str = "supported") -> float | None:
    """In what part of the worlds of this kind the claim got this verdict; None if the claim has no worlds.

    Raises
    ------
    SchemaError : an unknown kind of world, or an unknown verdict

    >>> share("LIF-3", "clearly false")
    0.0
    """
    for what, name, options in (("kind of world", world, KINDS), ("verdict", verdict, OUTCOMES)):
        if name not in options:
            raise SchemaError(unknown(what, name, options))
    table = _table()
    if (claim, world) not in table.index:
        return None
    return float(table.at[(claim, world), verdict] / table.at[(claim, world), "worlds"])


def power(claim: str) -> float | None:
    """In what part of the worlds where it is clearly true the claim was supported; None if it has no worlds.

    >>> power("LIF-6")
    1.0
    """
    return share(claim, "clearly true")


def enough(claim: str) -> bool:
    """Whether data as large as the sample data support the claim in four of five worlds where it is clearly true.

    False for a claim without worlds, of which that is not known.

    >>> enough("LIF-6"), enough("LOY-99")
    (True, False)
    """
    found = power(claim)
    return found is not None and found >= POWER


@cache
def _table() -> pd.DataFrame:
    file = PACKAGE / "calibration.csv"
    table = pd.read_csv(file) if file.is_file() else pd.DataFrame(columns=list(COLUMNS))
    return table.set_index(["claim", "world"])
