"""From a log of purchases to one row per customer, against queries written by hand.

These trust the log: no checks, no refunds, no report. The same table must come out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from lifetimes import utils

from benchmarks.timing import Row, Sizes, Timed, race
from crmtheory import transactions

END = "2024-12-31"
RUNS = 3
SQL = f"""
with days as (select customer, date, sum(amount) as amount from read_parquet($path) group by all)
select customer, count(*) - 1 as x, date_diff('day', min(date), max(date)) / 7 as t_x,
       date_diff('day', min(date), timestamp '{END}') / 7 as T,
       (sum(amount) - min_by(amount, date)) / nullif(count(*) - 1, 0) as m
from days group by customer order by customer
"""


def rows(sizes: Sizes) -> Iterator[Row]:
    """A DataFrame against pandas and `lifetimes`, a Parquet file against DuckDB."""
    log = purchases(sizes.rows)
    size = f"{len(log):,} rows, {log['customer'].nunique():,} customers"
    yield from _frame(log, size, peer_runs=1 if sizes.full else RUNS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.parquet"
        log.to_parquet(path)
        yield _file(path, size)


def _frame(log: pd.DataFrame, size: str, peer_runs: int) -> Iterator[Row]:
    times = race(
        {
            "ours": (lambda: transactions.read(log).summary("week", observation_end=END), RUNS),
            "pandas by hand": (lambda: by_pandas(log), RUNS),
            "lifetimes": (lambda: by_lifetimes(log), peer_runs),
        }
    )
    for peer in ("pandas by hand", "lifetimes"):
        check = _equal(times["ours"], times[peer])
        yield Row("DataFrame → customers", size, times["ours"], check, peer, times[peer])


def _file(path: Path, size: str) -> Row:
    times = race(
        {
            "ours": (lambda: transactions.read(path).summary("week", observation_end=END), RUNS),
            "peer": (lambda: by_duckdb(path), RUNS),
        }
    )
    check = _equal(times["ours"], times["peer"])
    return Row("Parquet → customers", size, times["ours"], check, "DuckDB SQL by hand", times["peer"])


def purchases(n: int) -> pd.DataFrame:
    """A log of n purchases on random days of a year, five to a customer on average, in no order.

    >>> purchases(2).columns.tolist()
    ['customer', 'date', 'amount']
    """
    rng = np.random.default_rng(20)
    days = np.datetime64("2024-01-01", "us") + rng.integers(0, 366, n) * np.timedelta64(1, "D")
    amount = np.round(rng.lognormal(3.0, 1.0, n) + 0.01, 2)
    return pd.DataFrame({"customer": rng.integers(0, max(n // 5, 1), n), "date": days, "amount": amount})


def by_pandas(log: pd.DataFrame) -> pd.DataFrame:
    """x, t_x, T, m of each customer, in weeks."""
    days = log.groupby(["customer", "date"], as_index=False)["amount"].sum()
    seen = days.groupby("customer")["date"].agg(["min", "max", "size"])
    again = days[days["customer"].duplicated()]  # sorted by date, so all but the first day
    week = pd.Timedelta(days=7)
    return pd.DataFrame(
        {
            "x": seen["size"] - 1,
            "t_x": (seen["max"] - seen["min"]) / week,
            "T": (pd.Timestamp(END) - seen["min"]) / week,
            "m": again.groupby("customer")["amount"].mean(),
        }
    )


def by_lifetimes(log: pd.DataFrame) -> pd.DataFrame:
    """The same with the function that `lifetimes` has for it; in days, then weeks."""
    table = utils.summary_data_from_transaction_data(
        log, "customer", "date", monetary_value_col="amount", observation_period_end=END
    )
    return pd.DataFrame(
        {
            "x": table["frequency"],
            "t_x": table["recency"] / 7,
            "T": table["T"] / 7,
            "m": table["monetary_value"].where(table["frequency"] > 0),
        }
    )


def by_duckdb(path: Path) -> pd.DataFrame:
    """The same from a Parquet file."""
    with duckdb.connect() as connection:
        return connection.execute(SQL, {"path": str(path)}).df().set_index("customer")


def _equal(ours: Timed, theirs: Timed) -> str:
    left, right = ours.answer.to_numpy(float), theirs.answer.to_numpy(float)
    same = left.shape == right.shape and np.allclose(left, right, rtol=1e-9, atol=1e-9, equal_nan=True)
    return "equal" if same else "DIFFERENT"
