"""The door for data: a CSV or Parquet file, several of them, or a DataFrame becomes one DuckDB relation, `raw`.

The columns of `raw` are named by their role (customer, date, …) and its rows stand in the order of the source.
Only the named columns are read. Nothing is converted: a CSV is read as text, so that 00123 stays 00123.
"""

from crmtheory.files.joined import Joined, open_joined
from crmtheory.files.lines import line_numbers
from crmtheory.files.opening import Opening, Source, column_names, connect, open_source
from crmtheory.files.parquet import readable
from crmtheory.files.sql import first_line, identifier, literal

__all__ = [
    "Joined", "Opening", "Source", "column_names", "connect", "first_line", "identifier", "line_numbers", "literal",
    "open_joined", "open_source", "readable",
]  # fmt: skip
