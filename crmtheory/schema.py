"""How data that break their promises are reported: every problem at once, one line for each.

A *problem* is a pair (column, sentence). The column is named as in the user's own file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmtheory.errors import SchemaError, unknown

Problem = tuple[str, str]


def broken(what: str, problems: Sequence[Problem]) -> SchemaError:
    """The one error that lists all problems of `what`.

    >>> print(broken("transactions", [("date", "2 of 9 rows have no date, first: row 4.")]))
    transactions breaks 1 rule.
      date        2 of 9 rows have no date, first: row 4.
    """
    width = max([12, *(len(column) + 2 for column, _ in problems)])
    lines = [f"  {column:<{width}}{sentence}" for column, sentence in problems]
    rules = "1 rule" if len(problems) == 1 else f"{len(problems)} rules"
    return SchemaError("\n".join([f"{what} breaks {rules}.", *lines]))


def absent(wanted: Mapping[str, str], columns: Sequence[str]) -> list[Problem]:
    """One problem for each wanted column that is not there, or is there more than once.

    Parameters
    ----------
    wanted
        for each role (the name of the argument), the column that was asked for
    columns
        the columns that are there

    >>> absent({"date": "day", "amount": "amount"}, ["date", "amount"])
    [('day', 'There is no column "day". Did you mean "date"? Known: date, amount. Name yours with date="…".')]
    """
    problems = []
    for role, name in wanted.items():
        times = list(columns).count(name)
        if times == 0:
            problems.append((name, f'{unknown("column", name, columns)} Name yours with {role}="…".'))
        elif times > 1:
            problems.append((name, f"{times} columns have this name. Rename them so that only one has it."))
    return problems
