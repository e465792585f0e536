"""The line of a CSV file that names its columns: not always the first, for exports like to begin with a title."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

LINES = 50  # that show how many fields a line has
NEAR = 10  # among these stands the line with the names
ABSENT = {"na", "n/a", "nan", "null", "none", "-", "?", "#n/a", "无", "缺失"}
Fields = Sequence[str]


def width(rows: Sequence[Fields]) -> int:
    """How many fields most of the first lines have; of two counts that are as frequent, the larger."""
    counts = Counter(len(row) for row in rows[:LINES])
    return max(counts, key=lambda wide: (counts[wide], wide), default=0)


def heading(rows: Sequence[Fields], is_value: Callable[[str], bool]) -> int:
    """The place, from 0, of the line that names the columns.

    It is the first line with as many fields as most lines have. When numbers and dates begin only below the next
    line, the names stand in two lines, and the later one is taken.

    Parameters
    ----------
    rows : the fields of each line
    is_value : whether a text is a number or a date

    >>> rows = [["Sales 2024"], ["client", "total"], ["a", "1"], ["b", "2"], ["a", "3"]]
    >>> heading(rows, str.isdecimal)
    1
    """
    wide = width(rows)
    near = range(min(NEAR, len(rows)))
    first = next((place for place in near if len(rows[place]) == wide and not _is_title(rows[place])), 0)
    if first and any(
        _named(rows[first], column, is_value) is False for column in _telling(rows, first, is_value)
    ):
        return 0  # a line of data: it is the first line that has another length
    place = first
    while place + 1 < NEAR and _has_names(rows, place, is_value) and _has_names(rows, place + 1, is_value):
        place += 1
    return place


def _is_title(row: Fields) -> bool:
    """A title with the separators that a spreadsheet puts after it."""
    return len(row) > 2 and sum(bool(field) for field in row) <= 1


def _has_names(rows: Sequence[Fields], place: int, is_value: Callable[[str], bool]) -> bool:
    """Whether a line has names in every column in which all lines below the next one have numbers or dates."""
    telling = _telling(rows, max(place, 1), is_value)
    if place >= len(rows) or len(rows[place]) != width(rows) or not telling:
        return False
    return all(_named(rows[place], column, is_value) for column in telling)


def _named(row: Fields, column: int, is_value: Callable[[str], bool]) -> bool | None:
    """Whether a field is a name (True) or a value (False); None if it says nothing."""
    text = row[column]
    if not text or text.casefold() in ABSENT:
        return None
    return not is_value(text)


def _telling(rows: Sequence[Fields], place: int, is_value: Callable[[str], bool]) -> list[int]:
    """The columns that hold numbers or dates in all lines below this one, in at least two of them."""
    wide = width(rows)
    below = [row for row in rows[place + 1 : place + 1 + LINES] if len(row) == wide]
    columns = ([row[column] for row in below if row[column]] for column in range(wide))
    return [i for i, texts in enumerate(columns) if len(texts) >= 2 and all(map(is_value, texts))]
