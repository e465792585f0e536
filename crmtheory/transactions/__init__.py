"""A log of purchases, read once and with care, and the table of customers it becomes.

A log has one row per purchase: who, on which day, for how much. What a model needs is one row per customer:

======  ==========================================================================  ==============
symbol  meaning                                                                     unit
======  ==========================================================================  ==============
x       repeat purchase days: days with a purchase, after the first                 count
t_x     age at the last of them (0 when x = 0)                                      unit of time
T       age at the end of the observation, counted from the first purchase          unit of time
m       mean net spend of the repeat purchase days (missing when there is none)      money
======  ==========================================================================  ==============

The day is the unit of purchase: several rows of one customer and day are added up. Every row that is merged,
netted or left out is counted in the report.

Refunds are rows with a negative amount. A day whose purchases are cancelled in full is no purchase day. Money
given back later belongs to the customer's latest earlier purchase day and lowers the spend of the period in
which the refund happened, so that nothing leaks back from the holdout. A refund of the first purchase never
touches m.

References
----------
Fader, P. S., B. G. S. Hardie & K. L. Lee (2005), "Counting your customers" the easy way: an alternative to
the Pareto/NBD model, Marketing Science 24, 275–284 (x, t_x, T).
"""

from __future__ import annotations

from typing import Any

from crmtheory.files import readable
from crmtheory.transactions.exports import fill_in
from crmtheory.transactions.log import Transactions
from crmtheory.transactions.policies import chosen
from crmtheory.transactions.reading import read_log
from crmtheory.transactions.report import Report
from crmtheory.transactions.spark import is_spark, read_spark

__all__ = ["Report", "Transactions", "read"]


def read(
    source: Any,
    customer: str = "customer",
    date: str = "date",
    amount: str | None = "amount",
    *,
    invoice: str | None = None,
    preset: str | None = None,
    **policies: Any,
) -> Transactions:
    """Read a log of purchases, check every row, and count it by customer and day.

    Parameters
    ----------
    source
        path of a CSV file (comma, semicolon, tab or bar; also .csv.gz) or a Parquet file, a pattern for several of
        them ("sales-*.parquet"), or a DataFrame (pandas, Polars, pyarrow, Spark). Only the named columns are read.
        The source is not changed.
    customer
        the column of customer ids. Integers stay integers. Ids in a CSV become integers when all of them are
        written as integers, without leading zero or plus sign; otherwise they stay text (00123 stays 00123).
    date
        the column of dates or timestamps: 2010-12-31, 2010/12/31, 20101231, 31/12/2010 (also with - or .),
        2010年12月31日, with or without a time of day; one form for the whole column
    amount
        the column of amounts, negative for refunds: 1234.5, ¥1,234.50, 1.234,50 €, (5.00); None for a log without
        spend (then m is missing)
    invoice
        the column of invoice ids; needed only for refunds="invoice"
    preset
        the name of an export ("shopify_orders", …, see `crmtheory.transactions.presets`): fills in the columns and
        policies that are not given here
    **policies
        what is done with unusual rows; each row that is set aside is counted in `report` and stands in `rejected`

        where : {"column": ["value", …]} the rows that are purchases; others are set aside
        missing_customer : rows without a customer id: "error" (the usual choice) or "drop"
        unreadable : dates, amounts and ids that cannot be read, lines with a wrong number of fields: "error" or
            "drop"
        refunds : "net" (take refunds off what was bought before, see the top of this page), "invoice" (off the
            purchase with the same invoice id; what is refunded later then never was bought, not even in the
            calibration), "drop", or "keep" (a negative row is a purchase like others)
        zero_amounts : "keep" (a purchase without spend) or "drop"
        duplicates : rows equal in all columns read: "keep" (they are not looked for), "drop" or "error"
        same_day : several rows of a customer on one day: "merge" (add them up) or "error"
        dayfirst : for dates such as 1/2/2010: True (1 February), False (January 2), None to let the column show it
        date_format : None (one form, found by itself), "mixed" (several forms), "excel" or "excel1904" (day numbers
            of a spreadsheet), or a pattern such as "%d.%m.%y"
        earliest, latest : first and last day that are used; rows outside are set aside
        decimal : "." or ",", None to let the column show it
        encoding : of a text file; None to find it (UTF-8, UTF-16, GB18030)
        timezone : for timestamps with an offset from UTC: the zone in which the day is taken, such as
            "Europe/London". Timestamps without an offset are local already and stay as they are.
        header : the line that names the columns, from 1
        pseudonymise : True replaces ids by a keyed hash, see `crmtheory.privacy`
        engine : "duckdb" or "spark"; None takes Spark for a Spark DataFrame and DuckDB otherwise
        memory : how much DuckDB may use, such as "3GB"; the rest goes to disk

    Raises
    ------
    SchemaError : all broken rules at once, each with its rows, its first offender and the next step

    >>> import pandas as pd
    >>> log = read(pd.DataFrame({"customer": [7, 7, 8], "date": ["2024-01-01", "2024-01-15", "2024-01-03"],
    ...                          "amount": [20.0, 35.5, 12.0]}))
    >>> log
    Transactions(DataFrame: 3 rows, 2 customers, 3 purchase days, 2024-01-01 to 2024-01-15)
    >>> log.summary(unit="week")
              x  t_x         T     m
    customer
    7         1  2.0  2.000000  35.5
    8         0  0.0  1.714286   NaN
    """
    columns: dict[str, str | None] = {
        "customer": customer,
        "date": date,
        "amount": amount,
        "invoice": invoice,
    }
    if preset is not None:
        source, columns, policies = fill_in(preset, source, columns, policies)
    wanted = {role: column for role, column in columns.items() if column is not None}
    choices = chosen(policies, columns["invoice"])
    in_spark = choices.engine == "spark" or (choices.engine is None and is_spark(source))
    with readable("The DataFrame" if hasattr(source, "columns") else f'"{source}"'):
        log = (read_spark if in_spark else read_log)(source, wanted, choices)
    return Transactions(log.report, wanted["customer"], "amount" in wanted, log)
