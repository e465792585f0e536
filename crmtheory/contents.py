"""The table of contents: six theories, one chapter each, and where their notebooks are.

A theory is named by one word ("value"), which is also the name of its module; its chapter has a number and a
stem ("05_customer_value"). The hand-edited source of a chapter is src/STEM.py; the executed notebook is
STEM.ipynb, beside src/.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crmtheory import places
from crmtheory.errors import SchemaError, unknown


@dataclass(frozen=True)
class Theory:
    """One theory of customer-relationship management and its chapter."""

    name: str
    number: int
    stem: str
    question: str
    title: str
    title_zh: str


THEORIES: dict[str, Theory] = {
    theory.name: theory
    for theory in (
        Theory(
            "relationship",
            1,
            "01_relationship_marketing",
            "Which relationships deserve our attention and our money?",
            "Relationship marketing",
            "关系营销理论",
        ),
        Theory(
            "lifecycle",
            2,
            "02_customer_lifecycle",
            "Where do our customers stand in their life with us, and who is about to leave?",
            "Customer lifecycle",
            "客户生命周期理论",
        ),
        Theory(
            "satisfaction",
            3,
            "03_customer_satisfaction",
            "What makes customers satisfied, and what should we mend first?",
            "Customer satisfaction",
            "客户满意度理论",
        ),
        Theory(
            "loyalty",
            4,
            "04_customer_loyalty",
            "Do satisfied customers stay, buy again and recommend us?",
            "Customer loyalty",
            "客户忠诚度理论",
        ),
        Theory(
            "value",
            5,
            "05_customer_value",
            "Which customers will be worth most, and how sure can we be?",
            "Customer value",
            "客户价值理论",
        ),
        Theory(
            "segmentation",
            6,
            "06_customer_segmentation",
            "Which customers should be treated differently, and how?",
            "Customer segmentation",
            "客户分类理论",
        ),
    )
}


def find(name: str) -> Theory:
    """The theory called `name`: its word, its number or the stem of its chapter.

    >>> find("value").stem, find("05").name, find("5").name, find("05_customer_value").name
    ('05_customer_value', 'value', 'value', 'value')
    """
    wanted = name.strip().lower()
    for theory in THEORIES.values():
        if wanted in {theory.name, str(theory.number), f"{theory.number:02d}", theory.stem}:
            return theory
    raise SchemaError(unknown("theory", name, THEORIES))


def notebook(theory: Theory | str, folder: str | Path | None = None) -> Path:
    """Where the notebook of a theory is (or will be): `folder`, or the notebooks that come with the package.

    >>> notebook("value").name
    '05_customer_value.ipynb'
    """
    theory = find(theory) if isinstance(theory, str) else theory
    return _folder(folder) / f"{theory.stem}.ipynb"


def source(theory: Theory | str, folder: str | Path | None = None) -> Path:
    """Where the hand-edited source of a chapter is: src/STEM.py in the folder of the notebooks."""
    theory = find(theory) if isinstance(theory, str) else theory
    return _folder(folder) / "src" / f"{theory.stem}.py"


def available(folder: str | Path | None = None) -> tuple[Theory, ...]:
    """The theories whose notebook exists, in order of their chapters."""
    return tuple(theory for theory in THEORIES.values() if notebook(theory, folder).is_file())


def _folder(folder: str | Path | None) -> Path:
    return Path(folder) if folder is not None else places.folder("notebooks")
