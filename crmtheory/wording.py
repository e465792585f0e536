"""Small pieces of sentences that several chapters need."""

from __future__ import annotations

from collections.abc import Sequence

SMALL = 0.001  # p values below it are not written out


def listed(items: Sequence[str]) -> str:
    """Items as a list in a sentence.

    >>> listed(["bias", "MAE", "lift"])
    'bias, MAE and lift'
    """
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)


def counted(number: int, what: str) -> str:
    """A number of things.

    >>> counted(1, "quarter"), counted(1200, "row")
    ('1 quarter', '1,200 rows')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def p_value(p: float) -> str:
    """A p value as people write it.

    >>> p_value(0.00001), p_value(0.04)
    ('p < 0.001', 'p = 0.040')
    """
    return f"p < {SMALL}" if p < SMALL else f"p = {p:.3f}"


def rejected(p: float) -> str:
    """What a test says, as a verb.

    >>> rejected(0.2)
    'is not rejected'
    """
    return "is rejected" if p < 0.05 else "is not rejected"
