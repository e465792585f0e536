"""The zoo of bad files: what is wrong stands in the name, what is said of it stands in zoo.toml."""

import os
import tomllib
from pathlib import Path

import pytest

from crmtheory import transactions
from crmtheory.errors import SchemaError

ZOO = Path(__file__).parent / "bad_data"
CASES = tomllib.loads((ZOO / "zoo.toml").read_text(encoding="utf-8"))["case"]
HEADER = "customer,date,amount\n"


def name(case):
    return f"{case['file']}: {case['what']}"


@pytest.fixture(autouse=True)
def _in_the_zoo(monkeypatch):
    monkeypatch.chdir(ZOO)


def read(case):
    return transactions.read(case["file"], *case.get("columns", []), **case.get("options", {}))


@pytest.mark.parametrize("case", [one for one in CASES if "error" in one], ids=name)
def test_what_cannot_be_read_is_refused_with_a_whole_message(case):
    with pytest.raises(SchemaError) as caught:
        read(case)
    assert str(caught.value) == case["error"].replace("{folder}", str(ZOO))


@pytest.mark.parametrize("case", [one for one in CASES if "error" not in one], ids=name)
def test_what_can_be_read_is_counted_row_by_row(case):
    log = read(case)
    report = log.report
    assert (report.rows, report.rows_used) == (case["rows"], case["used"])
    assert dict(report.set_aside) == case.get("aside", {})
    assert (report.first_date.isoformat(), report.last_date.isoformat()) == (case["first"], case["last"])
    assert report.revenue == case["revenue"]
    assert report.refunds == case.get("refunds", report.refunds)
    assert report.encoding == case.get("encoding", report.encoding)
    assert log.summary().index.tolist() == case.get("customers", log.summary().index.tolist())
    assert report.rows == report.rows_used + len(log.rejected)
    assert log.rejected.get("reason", ()).__len__() == report.dropped
    place = "row" if case["file"].endswith(".parquet") else "line"
    assert list(log.rejected.get(place, [])) == case.get("lines", [])


@pytest.mark.parametrize(
    "case", [one for one in CASES if one.get("lines") and one["file"].endswith("v")], ids=name
)
def test_on_the_line_of_a_rejected_row_stands_what_was_rejected(case):
    log = read(case)
    several = "*" in case["file"]
    for row in log.rejected.itertuples():
        path = ZOO / Path(case["file"]).parent / row.file if several else ZOO / case["file"]
        line = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")[row.line - 1]
        text = line.decode(log.report.encoding if not several else "utf-8-sig")
        customer = row[-3] if isinstance(row[-3], str) else ""
        assert customer.split("\r")[0].split("\n")[0] in text, (row, text)


def test_every_file_of_the_zoo_has_an_entry_and_says_in_its_name_what_is_wrong():
    listed = {path.resolve() for case in CASES for path in ZOO.glob(case["file"])}
    there = {path.resolve() for path in ZOO.rglob("*") if path.is_file()}
    assert there - listed == {ZOO / "zoo.toml", ZOO / "README.md"}
    assert len(there) > 70
    assert all(path.stat().st_size < 5000 for path in listed)


def test_no_message_ends_without_a_full_stop_and_none_speaks_of_python():
    for case in CASES:
        for line in case.get("error", "").splitlines()[1:] or [case.get("error", ".")]:
            assert line.endswith("."), line
            assert not any(word in line for word in ("Traceback", "NoneType", "duckdb", "Invalid Input")), (
                line
            )


# What cannot be a file of the zoo


def refusal(source, **options):
    with pytest.raises(SchemaError) as caught:
        transactions.read(source, **options)
    return str(caught.value)


def test_an_encoding_that_breaks_on_line_5001_is_named_with_its_line(tmp_path):
    rows = (HEADER + "ann,2024-01-01,1\n" * 4999).encode() + "Zoë,2024-01-01,1\n".encode("cp1252")
    (tmp_path / "late.csv").write_bytes(rows)
    assert refusal(tmp_path / "late.csv") == (
        f'"{tmp_path}/late.csv" cannot be read as CSV: line 5,001 is neither UTF-8 nor GB18030 text. Save it as '
        '"CSV UTF-8", or name its encoding, such as encoding="cp1252" (Western Europe) or "big5" (Taiwan).'
    )


def test_a_quote_is_found_far_away_from_what_it_swallows(tmp_path):
    lines = ["ann,2024-01-01,1\n"] * 9000
    lines[4000] = '"ann,2024-01-01,1\n'
    (tmp_path / "far.csv").write_text(HEADER + "".join(lines))
    assert refusal(tmp_path / "far.csv", unreadable="drop") == (
        f'"{tmp_path}/far.csv" cannot be read as CSV: line 4,002 opens a double quote that is not closed where it '
        "should be and swallows the lines after it. Mend it."
    )


def test_a_line_of_megabytes_is_refused_or_set_aside(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text(f"{HEADER}ann,2024-01-01,1\n{'x' * 16_500_000},2024-01-01,1\nben,never,1\n")
    assert refusal(path) == (
        f'"{path}" cannot be read as CSV: line 3 has more than 16,000,000 bytes. The usual cause is a double quote '
        "that is never closed."
    )
    log = transactions.read(path, unreadable="drop")
    assert log.report.set_aside == (("date that cannot be read", 1), ("line too long", 1))
    assert log.rejected["line"].tolist() == [3, 4]


def test_a_folder_is_refused_with_a_pattern_that_would_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    assert refusal("logs") == (
        f'"logs" is a folder ({tmp_path}/logs). Name one CSV or Parquet file in it, or several by a pattern such as '
        '"logs/*.csv".'
    )


@pytest.mark.parametrize(
    "address", ["https://example.org/log.csv", "s3://shop/log.parquet", "file:///log.csv"]
)
def test_an_address_is_refused(address):
    assert refusal(address) == f'"{address}" is an address. Download the file first and give its path.'


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == (
        f'"{tmp_path}/pipe" is no ordinary file. Save the data to a file first.'
    )


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "log.csv"
    path.write_text(HEADER)
    path.chmod(0)
    if os.access(path, os.R_OK):  # for root everything may be read

        def forbidden(self, *args, **kwargs):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", forbidden)
    assert refusal(path) == (
        f'"{path}" cannot be opened: Permission denied. Ask for the right to read it, or copy it.'
    )


def test_a_name_that_is_too_long_for_a_file_is_no_file():
    long = "x" * 5000
    assert refusal(long).startswith(f'There is no file "{long}"')
