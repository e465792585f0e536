"""The chain of the European customer satisfaction index, for the constructs that a survey has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmtheory.errors import DomainError
from crmtheory.survey.path.model import Model

# Tenenhaus, Esposito Vinzi, Chatelin & Lauro 2005, Computational Statistics & Data Analysis 48, figure of the ECSI.
CHAIN = {
    "image": ("expectations", "satisfaction", "loyalty"),
    "expectations": ("quality", "value", "satisfaction"),
    "quality": ("value", "satisfaction"),
    "value": ("satisfaction",),
    "satisfaction": ("complaints", "loyalty"),
    "complaints": ("loyalty",),
}


def ecsi(constructs: Mapping[str, Sequence[str]]) -> Model:
    """The model of the satisfaction index among the constructs named image, expectations, quality, value, satisfaction,
    complaints and loyalty; other constructs, and arrows to those that are not there, are left out.

    Parameters
    ----------
    constructs : construct → its items

    Raises
    ------
    DomainError : fewer than two constructs of the chain are joined

    >>> ecsi({"quality": ["q1", "q2"], "satisfaction": ["s"], "price": ["p"]}).edges
    (('quality', 'satisfaction'),)
    """
    paths = [
        (start, end)
        for start, ends in CHAIN.items()
        for end in ends
        if start in constructs and end in constructs
    ]
    joined = {name for pair in paths for name in pair}
    if not joined:
        known = [*CHAIN, "loyalty"]
        raise DomainError(
            f"No two constructs of the satisfaction index are joined. It knows {', '.join(known)}; the survey has "
            f"{', '.join(constructs) or 'none'}. Name the constructs so."
        )
    return Model({name: constructs[name] for name in [*CHAIN, "loyalty"] if name in joined}, paths)
