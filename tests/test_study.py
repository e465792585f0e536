"""The study file: read as it was meant, refused with everything that is wrong, guessed from data, and explained."""

from __future__ import annotations

import contextlib
import dataclasses
import glob
import gzip
import hashlib
import inspect
import io
import json
import re
from pathlib import Path

import duckdb
import jsonschema
import pytest
import yaml

from crmtheory import contents, datasets, study, survey, transactions
from crmtheory.errors import SchemaError
from crmtheory.study import document, rules, writing
from crmtheory.study.checking import resolve
from crmtheory.study.sampling import sample
from crmtheory.transactions.policies import CHOICES, Policies

PAGE = Path(__file__).parents[1] / "docs" / "study.md"
LOG = "transactions:\n  path: sales.csv\n"
COLUMNS = "  columns: {customer: c, date: d}\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sales.csv").write_text("c,d\n1,2024-01-01\n", encoding="utf-8")
    return tmp_path


def read(folder: Path, text: str | bytes) -> study.Study:
    content = text.encode() if isinstance(text, str) else text
    (folder / "study.yaml").write_bytes(content)
    return study.read(folder / "study.yaml")


def refusal(folder: Path, text: str | bytes) -> str:
    with pytest.raises(SchemaError) as caught:
        read(folder, text)
    return str(caught.value)


# Reading


def test_every_section_is_read_as_it_was_written(folder):
    found = read(
        folder,
        """
title: My shop
language: zh
transactions:
  path: sales.csv
  columns: {customer: client, date: day, amount: total, invoice: order_no}
  currency: €
  engine: duckdb
  memory: 3GB
  policies: {refunds: invoice, dayfirst: no, earliest: 2011-01-01, header: 2, where: {status: [paid, "no"]}}
survey:
  path: ecsi_mobile
  respondent: id
  scale: {IMAG1: [1, 10], Q1: [0, 10]}
  items: {IMAG1: "Is it reliable?", Q1: "All in all?"}
  constructs: {image: [IMAG1]}
  reverse: [Q1]
  dont_know: [99, 不知道]
  weight: W
  labels: {image: Image, Q1: Overall}
  overall: Q1
  answers: {满意: 4}
contacts: {path: sales.csv, columns: {customer: c, date: d, channel: how}}
attributes: {path: ./sales.csv, columns: {customer: c, segment: s}}
pseudonymise: true
parameters: {horizon: 52 weeks, margin: 0.3, start: 2011-03-31}
chapters:
  value: {acquisition_cost: 40}
""",
    )
    here = (folder / "sales.csv").as_posix()
    assert (found.title, found.language, found.pseudonymise) == ("My shop", "zh", True)
    assert found.transactions == study.Log(
        here,
        {"customer": "client", "date": "day", "amount": "total", "invoice": "order_no"},
        "€",
        engine="duckdb",
        memory="3GB",
        policies={
            "refunds": "invoice",
            "dayfirst": False,
            "earliest": "2011-01-01",
            "header": 2,
            "where": {"status": ("paid", "no")},
        },
    )
    assert found.survey == study.Survey(
        "ecsi_mobile",
        "id",
        {"IMAG1": (1, 10), "Q1": (0, 10)},
        ("IMAG1", "Q1"),
        {"image": ("IMAG1",)},
        ("Q1",),
        (99, "不知道"),
        "W",
        {"IMAG1": "Is it reliable?", "Q1": "Overall", "image": "Image"},
        "Q1",
        policies={"answers": {"满意": 4}},
    )
    assert found.contacts == study.Table(here, {"customer": "c", "date": "d", "channel": "how"})
    assert found.attributes == study.Table(here, {"customer": "c", "segment": "s"})
    assert found.parameters == {"horizon": "52 weeks", "margin": 0.3, "start": "2011-03-31"}
    assert found.chapters == {"value": {"acquisition_cost": 40}}


def test_numbers_and_dates_are_text_where_text_is_wanted_and_keep_their_zeros(folder):
    found = read(
        folder, LOG + "  columns: {customer: 007, date: 2024, amount: 1.10, invoice: 2011-1-1}\ntitle: 2024\n"
    )
    assert dict(found.transactions.columns) == {
        "customer": "007",
        "date": "2024",
        "amount": "1.10",
        "invoice": "2011-1-1",
    }
    assert found.title == "2024"


def test_yaml_does_not_turn_leading_zeros_and_colons_of_parameters_into_other_numbers(folder):
    found = read(
        folder, LOG + COLUMNS + "parameters: {seed: 010, at: 1:30, margin: 0.3, weeks: 52, on: true}\n"
    )
    assert found.parameters == {"seed": "010", "at": "1:30", "margin": 0.3, "weeks": 52, "on": True}


def test_items_that_are_not_listed_are_those_of_the_constructs_and_the_roles(folder):
    text = "survey: {path: sales.csv, constructs: {a: [x, y], b: [y, z]}, overall: o, recommend: x}\n"
    assert read(folder, text).survey.items == ("x", "y", "z", "o")


def test_a_preset_takes_the_place_of_columns(folder):
    found = read(folder, LOG + "  preset: shopify_orders\n  policies: {refunds: invoice}\n")
    assert (found.transactions.preset, dict(found.transactions.columns)) == ("shopify_orders", {})


def test_a_pattern_is_seen_from_the_folder_of_the_study_also_if_its_name_has_brackets(tmp_path, monkeypatch):
    home = tmp_path / "data [1]"
    home.mkdir()
    for year in (2023, 2024):
        (home / f"sales-{year}.parquet").touch()
    monkeypatch.chdir(tmp_path)
    (home / "study.yaml").write_text("transactions:\n  path: sales-*.parquet\n" + COLUMNS, encoding="utf-8")
    place = study.read("data [1]/study.yaml").transactions.path
    assert sorted(Path(one).name for one in glob.glob(place)) == ["sales-2023.parquet", "sales-2024.parquet"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(folder):
    (folder / "log[1].csv").touch()
    found = read(folder, "transactions:\n  path: log[1].csv\n" + COLUMNS)
    assert found.transactions.path == (folder / "log[1].csv").as_posix()


def test_a_file_with_the_name_of_a_shipped_data_set_needs_its_path(folder):
    (folder / "online_retail").touch()
    text = LOG.replace("sales.csv", "{}") + COLUMNS.replace("{", "{{").replace("}", "}}")
    assert read(folder, text.format("online_retail")).transactions.path == "online_retail"
    place = (folder / "online_retail").as_posix()
    assert read(folder, text.format("./online_retail")).transactions.path == place


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(folder):
    text = (LOG + COLUMNS).replace("\n", "\r\n")
    assert (
        read(folder, b"\xef\xbb\xbf" + text.encode()).transactions == read(folder, LOG + COLUMNS).transactions
    )


def test_the_checksum_is_that_of_the_file(folder):
    found = read(folder, LOG + COLUMNS)
    assert found.sha256 == hashlib.sha256((LOG + COLUMNS).encode()).hexdigest()


def test_a_study_cannot_be_changed(folder):
    found = read(folder, LOG + COLUMNS + "parameters: {a: {b: [1]}}\n")
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.title = "other"
    with pytest.raises(TypeError):
        found.parameters["a"]["b"] = 2
    with pytest.raises(TypeError):
        found.transactions.columns["customer"] = "x"


# Refusing

SECRET = (
    "A study file is handed on, so it holds no secrets: keys come from an environment variable (CRMTHEORY_KEY) or "
    "from a key file. Take the line out."
)
SYNTAX = "study.yaml cannot be read as YAML: "
BROKEN = {
    "unknown keys and words, with the closest match and no second message for the same mistake": (
        LOG + "  columns:\n    custmer: c\n    date: d\n  policies: {refunds: nett}\n",
        "study.yaml breaks 2 rules.\n"
        '  line 4, transactions.columns.custmer   There is no key "custmer". Did you mean "customer"? '
        "Known: customer, date, amount, invoice.\n"
        '  line 6, transactions.policies.refunds  must be one of net, invoice, drop, keep, not "nett". '
        'Did you mean "net"?',
    ),
    "keys in the wrong place": (
        LOG + COLUMNS + "  refunds: net\ncurrency: $\npath: a\n",
        "study.yaml breaks 3 rules.\n"
        "  line 4, transactions.refunds  does not belong to transactions but to transactions.policies.\n"
        "  line 5, currency              does not belong to the top of the file but to transactions.\n"
        "  line 6, path                  does not belong to the top of the file but to transactions, survey, contacts "
        "or attributes.",
    ),
    "secrets": (
        LOG + COLUMNS + "key: abc\nparameters: {api_key: 1}\n",
        f"study.yaml breaks 2 rules.\n  line 4, key                 {SECRET}\n  line 5, parameters.api_key  {SECRET}",
    ),
    "missing columns": (
        LOG + "  columns: {amount: a}\n",
        "study.yaml breaks 2 rules.\n"
        "  line 3, transactions.columns.customer  is missing. Column that identifies the customer. "
        "A preset would name it.\n"
        "  line 3, transactions.columns.date      is missing. Column with the day or time of the purchase. "
        "A preset would name it.",
    ),
    "no columns at all": (
        LOG,
        "study.yaml breaks 1 rule.\n"
        "  line 1, transactions.columns  is missing. Which column is which. Customer and date are needed unless "
        "a preset names them.",
    ),
    "no data": (
        "title: a\n",
        "study.yaml breaks 1 rule.\n"
        "  line 1, the file  names no data. Give transactions, survey, contacts or attributes.",
    ),
    "words that YAML takes for truth values": (
        LOG + COLUMNS + "  policies:\n    where: {country: [NO, SE], new: [true]}\n",
        "study.yaml breaks 2 rules.\n"
        "  line 5, transactions.policies.where.country[1]  must be text, and without quotes NO is no text but false. "
        'Write it in quotes: "NO".\n'
        "  line 5, transactions.policies.where.new[1]      must be text, and without quotes true is no text. "
        'Write it in quotes: "true".',
    ),
    "keys without a value": (
        "survey:\n" + LOG + COLUMNS + "  currency:\n",
        "study.yaml breaks 2 rules.\n"
        "  line 1, survey                 has no value. Give it one, or put # before the line.\n"
        "  line 5, transactions.currency  has no value. Give it one, or put # before the line.",
    ),
    "values of the wrong kind": (
        LOG
        + COLUMNS
        + "  policies: {dayfirst: maybe, header: 0, where: {status: paid}}\n  memory: 3\n  currency: [€]\n"
        "contacts: sales.csv\n",
        "study.yaml breaks 6 rules.\n"
        '  line 4, transactions.policies.dayfirst      must be true or false, not "maybe". Such as: true.\n'
        "  line 4, transactions.policies.header        must be a whole number of 1 or more, not 0.\n"
        '  line 4, transactions.policies.where.status  must be a list of texts, not "paid". Write [paid].\n'
        '  line 5, transactions.memory                 must be a number and a unit such as 3GB, not "3". '
        "Such as: 3GB.\n"
        "  line 6, transactions.currency               must be text, not a list. Such as: €.\n"
        '  line 7, contacts                            must be a block of keys, not "sales.csv".',
    ),
    "days that do not exist": (
        LOG + COLUMNS + "  policies: {earliest: 2011-02-30, latest: 1.2.2011}\n",
        "study.yaml breaks 2 rules.\n"
        '  line 4, transactions.policies.earliest  must be a day, not "2011-02-30". Such as: 2011-01-01.\n'
        '  line 4, transactions.policies.latest    must be a day, not "1.2.2011". Such as: 2011-12-31.',
    ),
    "days in the wrong order, and refunds by an invoice that is not named": (
        LOG + COLUMNS + "  policies: {earliest: 2011-02-01, latest: 2011-01-01, refunds: invoice}\n",
        "study.yaml breaks 2 rules.\n"
        "  line 4, transactions.policies.latest   2011-01-01 lies before earliest, 2011-02-01. Change the two round.\n"
        "  line 4, transactions.policies.refunds  Refunds are matched by invoice only with "
        "transactions.columns.invoice. Name that column.",
    ),
    "a survey whose parts do not fit": (
        "survey:\n  path: sales.csv\n  scale: [10, 1]\n  items: [a, b]\n  reverse: [c]\n"
        "  constructs: {x: [a, ab]}\n  dont_know: 99\n  overall: z\n",
        "study.yaml breaks 5 rules.\n"
        "  line 3, survey.scale            must run from the lowest to the highest answer, not [10, 1].\n"
        '  line 5, survey.reverse[1]       There is no item "c". Known: a, b.\n'
        '  line 6, survey.constructs.x[2]  There is no item "ab". Did you mean "b"? Known: a, b.\n'
        "  line 7, survey.dont_know        must be a list, not 99. Write [99].\n"
        '  line 8, survey.overall          There is no item "z". Known: a, b.',
    ),
    "scales of the wrong length": (
        "survey: {path: sales.csv, scale: {a: [1], b: 5}}\n",
        "study.yaml breaks 2 rules.\n"
        "  line 1, survey.scale.a  must be a list of 2, not of 1. Such as: [1, 10].\n"
        "  line 1, survey.scale.b  must be a list of numbers, not 5. Write [5].",
    ),
    "parameters that are set elsewhere, and a chapter that does not exist": (
        LOG
        + COLUMNS
        + "chapters:\n  valeu: {a: 1}\n  value: {customer: x, output: y}\nparameters: {margin: null}\n",
        "study.yaml breaks 4 rules.\n"
        '  line 5, chapters.valeu           There is no key "valeu". Did you mean "value"? Known: relationship, '
        "lifecycle, satisfaction, loyalty, value, segmentation.\n"
        "  line 6, chapters.value.customer  is set by transactions.columns.customer. Write it there.\n"
        "  line 6, chapters.value.output    is named when the study is run, not here.\n"
        "  line 7, parameters.margin        has no value. Give it one, or put # before the line.",
    ),
    "a preset that does not exist": (
        LOG + "  preset: shopify\n",
        "study.yaml breaks 1 rule.\n"
        '  line 3, transactions.preset  There is no preset "shopify". Did you mean "shopify_orders"? '
        "Known: shopify_orders, zoho_deals, fxiaoke_orders, olist_orders, generic.",
    ),
    "one column for two roles, and a blank one": (
        LOG + "  columns: {customer: c, date: c, amount: ''}\n",
        "study.yaml breaks 2 rules.\n"
        '  line 3, transactions.columns.date    "c" is named for customer already. One column has one role.\n'
        "  line 3, transactions.columns.amount  is blank. Take the line out, or fill it.",
    ),
    "a key that stands twice": (
        LOG + "  path: b.csv\n" + COLUMNS,
        "study.yaml breaks 1 rule.\n"
        "  line 2, transactions.path  The key stands twice, in line 2 and in line 3. Keep one.",
    ),
    "a tag": (
        LOG + "  columns: {customer: !x c, date: d}\n",
        "study.yaml breaks 1 rule.\n"
        "  line 3, transactions.columns.customer  The tag !x is not known here. Write the value without it.",
    ),
    "a list at the top": (
        "- a\n- b\n",
        'study.yaml must be a block of keys, not a list (line 1). Write lines such as "title: My shop".',
    ),
    "an empty file": ("# nothing\n", 'study.yaml is empty. Write lines such as "title: My shop".'),
    "a tab": (
        "transactions:\n\tpath: a\n",
        "study.yaml cannot be read: line 2 begins with a tab. Indent with spaces.",
    ),
    "a colon in a text": (
        "transactions:\n  path: a: b\n",
        SYNTAX
        + 'line 2, column 10: mapping values are not allowed here. Put a text with ": " in quotes; begin the keys of '
        'a block in one column; leave a space after the ":" of every key.',
    ),
    "a star without quotes": (
        "transactions:\n  path: *.csv\n",
        SYNTAX
        + "line 2, column 10: expected alphabetic or numeric character, but found '.'. A text that begins with * "
        'stands in quotes: path: "*.csv".',
    ),
    "an alias": (
        "transactions:\n  path: *sales\n",
        "study.yaml cannot be read: line 2, column 9 has the alias *sales. Write the value out. "
        "A text that begins with * stands in quotes.",
    ),
    "a Windows path between double quotes": (
        'transactions:\n  path: "C:\\data\\sales.csv"\n',
        SYNTAX
        + "line 2, column 13: found unknown escape character 'd'. Between double quotes \\ is special. "
        "Write C:/data or use single quotes: 'C:\\data'.",
    ),
    "the wide colon of Chinese keyboards": (
        "title：我的店\n",
        "study.yaml must be a block of keys, not a text (line 1). Line 1 has the wide colon ：. "
        "Write the plain colon and a space after it.",
    ),
    "a quote that is not closed": (
        "title: 'a\n" + LOG,
        SYNTAX + "line 1, column 8: found unexpected end of stream. A quote is opened and not closed.",
    ),
    "two documents": (
        "title: a\n---\ntitle: b\n",
        SYNTAX + "line 2, column 1: found another document. Only one document may stand in the file: "
        "take out the second line of ---.",
    ),
    "an invisible sign": (
        "title: a\x07b\n",
        SYNTAX + "line 1, column 9: special characters are not allowed. Take out the invisible sign there.",
    ),
    "GB18030": (
        "# a\ntitle: 我的商店\n".encode("gb18030"),
        "study.yaml is not UTF-8 text: line 2 cannot be read. It looks like GB18030, which Chinese editions of Windows "
        "use. Open it in an editor, save it with the encoding UTF-8 and read it again.",
    ),
    "UTF-16": (
        "title: a\n".encode("utf-16"),
        "study.yaml is not UTF-8 text: line 1 cannot be read. It looks like UTF-16. "
        "Open it in an editor, save it with the encoding UTF-8 and read it again.",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_study_file_is_refused_with_all_that_is_wrong(folder, fault):
    text, message = BROKEN[fault]
    assert refusal(folder, text) == message


def test_files_that_are_not_there_are_all_named(folder):
    message = refusal(folder, "transactions:\n  path: sale.csv\n" + COLUMNS + "survey: {path: q/*.parquet}\n")
    assert message == (
        "study.yaml breaks 2 rules.\n"
        f'  line 2, transactions.path  There is no file and no shipped data set "sale.csv": looked in {folder}. '
        'Did you mean "sales.csv"?\n'
        f'  line 4, survey.path        There is no file and no shipped data set "q/*.parquet": looked in {folder}/q. '
        "A path is seen from the folder of the study file."
    )


def test_no_secret_is_repeated_in_a_message(folder):
    assert "hunter2" not in refusal(folder, LOG + COLUMNS + "password: hunter2\n")


def test_what_is_no_study_file_is_named(folder):
    with pytest.raises(
        SchemaError,
        match=re.escape(f"There is no study file none.yaml. Check the path; it is seen from {folder}."),
    ):
        study.read("none.yaml")
    with pytest.raises(
        SchemaError,
        match=re.escape(f"{folder} is a folder. Name the study file in it, such as {folder}/study.yaml."),
    ):
        study.read(folder)
    (folder / "big.csv").write_bytes(b"1,2\n" * 300_000)
    with pytest.raises(
        SchemaError, match=r"^big.csv has 1,200,000 bytes, and a study file is a page of text"
    ):
        study.read("big.csv")


@pytest.mark.parametrize("text", ["[" * 1500, "{a: " * 1500])
def test_deep_nesting_is_refused_and_not_a_crash(folder, text):
    assert refusal(folder, text).startswith("study.yaml cannot be read")


# Running

KNOWN = {
    "value": [
        "transactions",
        "customer",
        "date",
        "amount",
        "currency",
        "policies",
        "horizon",
        "margin",
        "output",
    ],
    "satisfaction": ["survey", "items", "scale", "reverse", "horizon"],
}


def test_each_chapter_is_given_what_it_knows(folder):
    found = read(
        folder,
        LOG
        + """  columns: {customer: c, date: d, invoice: i}
  engine: spark
  policies: {where: {status: [paid]}}
pseudonymise: true
parameters: {horizon: 52 weeks}
chapters: {value: {margin: 0.4}}
""",
    )
    runs, left_out = found.runs(KNOWN)
    assert runs == {
        "value": {
            "transactions": (folder / "sales.csv").as_posix(),
            "customer": "c",
            "date": "d",
            "amount": "",
            "currency": "",
            "policies": {
                "invoice": "i",
                "where": {"status": ["paid"]},
                "engine": "spark",
                "pseudonymise": True,
            },
            "horizon": "52 weeks",
            "margin": 0.4,
        }
    }
    assert left_out == {"satisfaction": 'The study has no section "survey", which this chapter needs.'}
    json.dumps(runs)  # only plain dictionaries and lists


def test_parameters_of_a_chapter_go_before_those_for_all(folder):
    found = read(folder, LOG + COLUMNS + "parameters: {margin: 0.1}\nchapters: {value: {margin: 0.4}}\n")
    assert found.runs(KNOWN).runs["value"]["margin"] == 0.4


def test_what_a_run_changes_does_not_change_the_study(folder):
    found = read(folder, LOG + COLUMNS + "  policies: {where: {s: [a]}}\n")
    found.runs(KNOWN).runs["value"]["policies"]["where"]["s"].append("b")
    assert found.runs(KNOWN).runs["value"]["policies"] == {"where": {"s": ["a"]}}


def test_a_section_that_is_not_needed_is_given_as_empty_and_not_as_the_example_of_the_chapter(folder):
    known = {"lifecycle": ["transactions", "contacts", "contacts_columns"]}
    runs, _ = read(folder, LOG + COLUMNS).runs(known)
    assert runs["lifecycle"]["contacts"] == ""
    assert runs["lifecycle"]["contacts_columns"] == {}


def test_the_caller_can_say_which_sections_a_chapter_needs(folder):
    known = {"loyalty": ["transactions", "survey"], "lifecycle": ["transactions", "contacts"]}
    found = read(folder, LOG + COLUMNS)
    assert list(found.runs(known).runs) == ["loyalty", "lifecycle"]
    assert list(found.runs(known, {"loyalty": ["survey"], "lifecycle": ["contacts"]}).runs) == []


def test_a_chapter_that_reads_a_log_and_a_survey_runs_on_either_and_not_without_both(folder):
    known = {"loyalty": ["transactions", "survey", "scale", "scales"]}
    runs, _ = read(folder, "survey: {path: sales.csv, items: [a], scale: {a: [0, 10]}}\n").runs(known)
    assert runs["loyalty"]["transactions"] == ""
    assert (runs["loyalty"]["scale"], runs["loyalty"]["scales"]) == ([], {"a": [0, 10]})
    _, left_out = read(folder, "attributes: {path: sales.csv, columns: {customer: c, city: d}}\n").runs(known)
    assert left_out == {
        "loyalty": 'The study has neither "transactions" nor "survey"; this chapter needs one of them.'
    }


@pytest.mark.parametrize(
    ("text", "names", "key"),
    [
        (LOG + COLUMNS + "  policies: {refunds: drop}\n", ["transactions"], "transactions.policies"),
        ("survey: {path: sales.csv, reverse: [a]}\n", ["survey", "items"], "survey.reverse"),
        ("survey: {path: sales.csv, dont_know: [9]}\n", ["survey"], "survey.dont_know"),
        ("survey: {path: sales.csv}\npseudonymise: true\n", ["survey"], "pseudonymise"),
    ],
)
def test_a_chapter_that_cannot_take_what_changes_its_numbers_is_not_run(folder, text, names, key):
    runs, left_out = read(folder, text).runs({"loyalty": names})
    assert runs == {}
    assert left_out == {"loyalty": f"The study asks for {key}, which this chapter cannot take into account."}


def test_parameters_for_a_chapter_that_is_not_written_are_told(folder):
    found = read(folder, LOG + COLUMNS + "chapters: {segmentation: {groups: 4}}\n")
    assert found.runs(KNOWN).left_out["segmentation"] == (
        "The study has parameters for this chapter, but it is not written yet."
    )


def test_parameters_that_no_chapter_knows_are_refused_all_at_once(folder):
    text = LOG + COLUMNS + "parameters:\n  horizont: 52 weeks\nchapters:\n  value: {markin: 1}\n"
    with pytest.raises(SchemaError) as caught:
        read(folder, text).runs(KNOWN)
    assert str(caught.value) == (
        "study.yaml breaks 2 rules.\n"
        '  line 5, parameters.horizont    There is no parameter "horizont". Did you mean "horizon"? '
        "Known: horizon, margin.\n"
        '  line 7, chapters.value.markin  There is no parameter of the value chapter "markin". '
        'Did you mean "margin"? Known: horizon, margin.'
    )


# Guessing


def guessed(folder: Path, text: str | bytes, name: str = "data.csv") -> study.FileGuess:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    found = study.guess([folder / name])
    return next(iter([*found.sections.values(), *found.spare]))


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("cdnow_sample", {"customer": "customer_id", "date": "date", "amount": "amount_usd"}),
        ("cdnow_master", {"customer": "customer_id", "date": "date", "amount": "amount_usd"}),
        (
            "online_retail",
            {"customer": "customer_id", "date": "invoice_time", "amount": "amount_gbp", "invoice": "invoice"},
        ),
    ],
)
def test_shipped_logs_are_told_and_their_columns_are_those_of_the_manifest(name, columns):
    found = study.guess(name).sections["transactions"]
    assert dict(found.values["columns"]) == columns
    about = datasets.describe(name)
    assert (about.customer, about.date, about.amount) == tuple(
        columns[role] for role in ("customer", "date", "amount")
    )


@pytest.mark.parametrize(
    ("name", "scale", "items"),
    [("ecsi_mobile", (1, 10), 24), ("corporate_reputation", (1, 7), 32), ("yellow_pages", (1, 10), 10)],
)
def test_shipped_surveys_are_told_with_their_scale(name, scale, items):
    found = study.guess(name).sections["survey"]
    assert found.values["scale"] == scale
    assert len(found.values["items"]) == items
    assert "reverse" not in found.values  # no data can show it


@pytest.mark.parametrize(
    "name", ["donations", "contract_retention", "telecom_churn", "online_retail_products"]
)
def test_what_is_none_of_the_four_kinds_is_not_forced_into_one(name):
    found = study.guess(name)
    assert not found.sections
    assert [one.kind for one in found.spare] == [""]


def test_reasons_are_in_words(folder):
    found = guessed(folder, "client;day;total\n" + "7;3.4.2024;1,50\n7;14.4.2024;2,75\n8;1.5.2024;-3,20\n")
    assert dict(found.values["columns"]) == {"customer": "client", "date": "day", "amount": "total"}
    assert dict(found.values["policies"]) == {"dayfirst": True, "decimal": ","}
    assert str(found) == (
        f"{folder.as_posix()}/data.csv: transactions (it has columns for customer, date and amount, "
        "and customers come back)\n"
        "  columns.customer: `client`: a usual name; 2 different in 3 rows\n"
        '  columns.date: `day`: its name has the word "day"; 100% of the values are dates\n'
        "  columns.amount: `total`: a usual name; 100% of the values are numbers, some with decimals\n"
        "  policies.dayfirst: the first part of `day` runs to 14\n"
        "  policies.decimal: the values of `total` have a comma before two digits\n"
        "  policies.refunds: there are negative amounts; net takes them off earlier purchases"
    )


def test_day_and_month_that_cannot_be_told_apart_are_left_to_the_user(folder):
    found = guessed(folder, "customer,date,amount\n1,3/4/2024,5.5\n1,5/4/2024,6.5\n")
    assert "policies" not in found.values
    assert found.reasons[("policies", "dayfirst")].startswith("the values of `date` do not show it")


def test_two_columns_for_which_as_much_speaks_are_both_named(folder):
    rows = "".join(f"{i % 9},2024-01-{i % 28 + 1:02},2024-02-{i % 28 + 1:02},{i}.5\n" for i in range(60))
    found = guessed(folder, "customer_id,order_date,payment_date,amount\n" + rows)
    assert found.values["columns"]["date"] == "order_date"
    assert found.reasons[("columns", "date")].endswith("As much speaks for `payment_date`: choose one")


def test_a_file_that_can_be_two_kinds_says_so(folder):
    found = guessed(
        folder, "customer_id,date,channel\n" + "".join(f"{i},2024-01-{i:02},mail\n" for i in range(1, 20))
    )
    assert {found.kind, found.could_be} == {"contacts", "attributes"}
    place = study.write(study.guess(folder / "data.csv"), folder / "study.yaml")
    assert f"# As much speaks for {found.could_be}: choose one." in place.read_text(encoding="utf-8")


def test_contacts_and_attributes_are_told(folder):
    rows = "".join(
        f"{i % 7},2024-01-{i % 28 + 1:02},{'mail' if i % 2 else 'phone'},{i % 3}\n" for i in range(40)
    )
    found = guessed(folder, "customer_id,sent_date,channel,cost\n" + rows)
    assert found.kind == "contacts"
    assert dict(found.values["columns"]) == {
        "customer": "customer_id",
        "date": "sent_date",
        "channel": "channel",
        "cost": "cost",
    }
    found = guessed(folder, "客户编号,等级,出生年\n" + "".join(f"{i},金,{1960 + i}\n" for i in range(30)))
    assert found.kind == "attributes"
    assert dict(found.values["columns"]) == {
        "customer": "客户编号",
        "segment": "等级",
        "birth_year": "出生年",
    }


def test_attributes_without_a_known_name_keep_their_own(folder):
    rows = "".join(f"K{i},{'Web' if i % 2 else 'Laden'},Person {i},{i}\n" for i in range(30))
    found = guessed(folder, "Kunde,Kanaltyp,Anzeige,Punkte\n" + rows)
    assert found.kind == "attributes"
    assert dict(found.values["columns"]) == {"customer": "Kunde", "Kanaltyp": "Kanaltyp"}


def test_answers_beside_the_scale_and_a_question_on_another_scale_are_told(folder):
    rows = "".join(
        f"{i},{i % 5 + 1},{(i + 1) % 5 + 1},{99 if i == 3 else (i + 2) % 5 + 1},{i % 11}\n" for i in range(44)
    )
    found = guessed(folder, "id,overall,price,staff,recommend\n" + rows)
    assert found.kind == "survey"
    assert found.values["dont_know"] == (99,)
    assert found.values["items"] == ("overall", "price", "staff", "recommend")
    assert found.values["scale"] == {
        "overall": (1, 5),
        "price": (1, 5),
        "staff": (1, 5),
        "recommend": (0, 10),
    }
    assert (found.values["respondent"], found.values["overall"], found.values["recommend"]) == (
        "id",
        "overall",
        "recommend",
    )


CHINESE = "客户编号,下单日期,实付金额（元）\n1,2024-03-04,12.50\n1,2024-03-05,3.50\n2,2024-03-06,8\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (CHINESE.encode(), None),
        (CHINESE.encode("utf-8-sig"), None),
        (CHINESE.encode("gb18030"), "gb18030"),
        (CHINESE.replace(",", ";").encode("gb18030"), "gb18030"),
        (CHINESE.replace(",", "\t").encode(), None),
        (gzip.compress(CHINESE.encode()), None),
    ],
)
def test_encodings_and_separators_are_found(folder, content, encoding):
    found = guessed(folder, content)
    assert dict(found.values["columns"]) == {
        "customer": "客户编号",
        "date": "下单日期",
        "amount": "实付金额（元）",
    }
    assert found.values.get("policies", {}).get("encoding") == encoding
    assert found.values["currency"] == "元"


def test_an_encoding_that_the_reader_does_not_find_is_not_guessed_either(folder):
    text = "client,date,montant\n" + "Hélène,2024-01-01,1.5\nJosé,2024-01-02,2.5\nJosé,2024-01-03,2.5\n"
    (folder / "data.csv").write_bytes(text.encode("cp1252"))
    with pytest.raises(SchemaError) as caught:
        study.guess("data.csv")
    assert str(caught.value) == (
        'data.csv is neither UTF-8 nor GB18030 text. Save it as "CSV UTF-8" and name that file, or write the study '
        "file by hand and name its `encoding`, such as cp1252 (Western Europe) or big5 (Taiwan)."
    )


def test_the_sign_of_the_yuan_in_gb18030_is_no_western_text(folder):
    text = "客户编号,下单日期,实付金额\n" + "".join(f"{i % 4},2024-03-{i:02},¥{i}.50\n" for i in range(1, 29))
    assert b"\x81\x30\x84\x36" in text.encode("gb18030")
    found = guessed(folder, text.encode("gb18030"))
    assert (found.values["policies"]["encoding"], found.values["currency"]) == ("gb18030", "¥")


def read_as_guessed(folder: Path, files: str = "data.csv", **more) -> transactions.Log:
    """The log that the study reads when all its guesses are taken."""
    log = study.read(study.write(study.guess(files), folder / "study.yaml")).transactions
    columns = {role: log.columns[role] for role in ("customer", "date", "amount")}
    return transactions.read(log.path, **columns, **{**log.policies, **more})


@pytest.mark.parametrize("unit", ["TIMESTAMPTZ", "TIMESTAMPTZ_NS"])
def test_times_of_a_zone_in_parquet_are_dates_whose_zone_must_be_checked(folder, unit):
    times = "timestamptz '2024-01-05 23:30:00+00' + to_days((range % 50)::int)"
    duckdb.sql(
        f"select range % 7 as client, ({times})::{unit} as day, range * 1.5 as total from range(100)"
    ).write_parquet("data.parquet")
    assert read_as_guessed(folder, "data.parquet").report.rows == 100
    lines = (folder / "study.yaml").read_text(encoding="utf-8").splitlines()
    place = lines.index("    timezone: UTC")
    assert lines[place - 1] == (
        "    # To be checked: the times of `day` have an offset from UTC, and the day depends on the place: put the "
        "zone of the shop, such as Europe/London"
    )


@pytest.mark.parametrize(
    "time", ["2024-01-{:02} 10:12:01 +0000", "2024-01-{:02}T10:12:01Z", "2024-01-{:02} 10:12:01+01"]
)
def test_times_with_an_offset_in_text_are_dates_whose_zone_must_be_checked(folder, time):
    found = guessed(
        folder, "client,day,total\n" + "".join(f"{i % 4},{time.format(i)},{i}.5\n" for i in range(1, 29))
    )
    assert dict(found.values["policies"]) == {"timezone": "UTC"}
    assert read_as_guessed(folder).report.rows == 28


def test_times_without_an_offset_need_no_zone(folder):
    found = guessed(folder, "client,day,total\n1,2024-01-05 10:12:01,1.5\n1,2024-01-06 10:12:01,2.5\n")
    assert "policies" not in found.values


ROWS_BELOW = "".join(f"K{i % 4},2024-01-{i:02},{i}.5\n" for i in range(1, 29))


@pytest.mark.parametrize(
    ("above", "line"),
    [
        ("", 1),
        ("Sales of 2024\n", 2),
        ('"Sales, of 2024"\n', 2),
        ("Sales of 2024,,\n", 2),
        ("Sales, 2024\nShop: North\n\n", 4),
        ("Kunde,Tag,Summe\n", 2),
        ('"Sales\nof 2024"\n', 3),
    ],
)
def test_lines_above_the_names_are_passed_over(folder, above, line):
    found = guessed(folder, f"{above}client,day,total\n{ROWS_BELOW}")
    assert dict(found.values["columns"]) == {"customer": "client", "date": "day", "amount": "total"}
    assert found.values.get("policies", {}).get("header", 1) == line
    if line > 1:
        assert found.reasons[("policies", "header")] == (
            f"line {line} names the columns; what stands above it is no data"
        )
    assert read_as_guessed(folder).report.rows == 28


@pytest.mark.parametrize(
    "text",
    [
        "client,day,total\n" + ROWS_BELOW.replace("\n", ",\n"),  # each line ends with one more comma
        "client,day,total\nK9,n/a,n/a\n" + ROWS_BELOW,
        "client,day,total\nK9,2024-01-01,none\n" + ROWS_BELOW,
        "a,b\nx,y\nz,w\n",
    ],
)
def test_a_line_of_data_is_never_taken_for_names(folder, text):
    (folder / "data.csv").write_text(text, encoding="utf-8")
    assert sample(folder / "data.csv").header == 1


def test_a_title_above_a_survey_is_passed_over(folder):
    rows = "".join(f"{i},{i % 5 + 1},{(i + 1) % 5 + 1},{(i + 2) % 5 + 1}\n" for i in range(1, 40))
    found = guessed(folder, "Survey of 2024\nid,overall,price,staff\n" + rows)
    assert found.values["header"] == 2
    back = study.read(study.write(study.guess("data.csv"), folder / "study.yaml"))
    assert back.read_survey().answers.shape == (39, 3)


def test_a_pattern_works_as_its_files_do(folder):
    for month in (1, 2):
        text = f"client,day,total\n1,2024-{month:02}-01,1.5\n1,2024-{month:02}-02,2.5\n"
        (folder / f"sales-2024-{month}.csv").write_text(text, encoding="utf-8")
    assert study.guess("sales-2024-*.csv") == study.guess(["sales-2024-1.csv", "sales-2024-2.csv"])
    assert read_as_guessed(folder, "sales-2024-*.csv").report.rows == 4


def test_columns_of_states_are_offered_with_their_values(folder):
    states = ["已完成"] * 7 + ["已取消"] * 2 + ["退款中"]
    rows = "".join(f"{i % 4},2024-01-{i + 1:02},{i}.5,{state}\n" for i, state in enumerate(states))
    found = guessed(folder, ("客户编号,下单日期,实付金额,订单状态\n" + rows).encode("gb18030"))
    why = "`订单状态` has 3 different values: keep only those that are purchases (已完成 70%, 已取消 20%, 退款中 10%)"
    assert f"  policies.where: {why}" in str(found)
    text = study.write(study.guess("data.csv"), folder / "study.yaml").read_text(encoding="utf-8")
    assert f"    # {why}\n    # where: {{订单状态: [已完成, 已取消, 退款中]}}  #" in text
    assert read(folder, text).transactions.policies == {"encoding": "gb18030"}
    taken = read(folder, text.replace("# where:", "where:")).transactions.policies["where"]
    assert taken == {"订单状态": ("已完成", "已取消", "退款中")}


NAMES_OF_PERSONS = ["Ann Lee", "Bo Ek", "Cy Fox", "Di Orr"]


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("Account #", "Customer Name"),
        ("Cust. No.", "Customer Name"),
        ("Client ID", "Name"),
        ("编号", "客户名称"),
        ("Kundennummer", "Customer Name"),
    ],
)
def test_numbers_of_customers_go_before_their_names(folder, number, name):
    rows = "".join(f"{NAMES_OF_PERSONS[i % 4]},{700 + i % 4},2024-01-{i + 1:02},{i}.5\n" for i in range(20))
    assert guessed(folder, f"{name},{number},date,amount\n{rows}").values["columns"]["customer"] == number


def test_numbers_of_other_things_do_not_and_names_are_warned_of(folder):
    rows = "".join(f"{NAMES_OF_PERSONS[i % 4]},{700 + i % 4},2024-01-{i + 1:02},{i}.5\n" for i in range(20))
    found = guessed(folder, f"Customer Name,Product ID,date,amount\n{rows}")
    assert found.reasons[("columns", "customer")] == (
        "`Customer Name`: a usual name; 4 different in 20 rows; these look like names of persons; they are written to "
        "the lists unless pseudonymise is true"
    )


@pytest.mark.parametrize("who", ["k{}@example.org", "1380013800{}"])
def test_customers_that_are_addresses_or_phone_numbers_become_pseudonyms(folder, who):
    rows = "".join(f"{who.format(i % 4)},2024-01-{i + 1:02},{i}.5\n" for i in range(20))
    (folder / "data.csv").write_text(f"customer,date,amount\n{rows}", encoding="utf-8")
    found = study.guess("data.csv")
    why = (
        "`customer` holds e-mail addresses, phone numbers or the like, which become keyed hashes; a key is needed: "
        "crmtheory key"
    )
    assert f"  pseudonymise: {why}" in str(found)
    place = study.write(found, folder / "study.yaml")
    assert f"# {why}.\npseudonymise: true\n" in place.read_text(encoding="utf-8")
    assert study.read(place).pseudonymise


def test_customers_by_number_are_left_as_they_are(folder):
    assert not study.read(study.write(study.guess("cdnow_sample"), folder / "study.yaml")).pseudonymise


# The survey of a study


def test_the_survey_of_a_study_is_read_with_all_that_its_section_says(folder):
    (folder / "s.csv").write_text("Survey\nwho,a,b,w\nx,1,gut,2\ny,5,9,1\n", encoding="utf-8")
    text = """
survey: {path: s.csv, respondent: who, scale: [1, 5], items: {a: "Is it good?", b: "Is it bad?"}, reverse: [b],
         dont_know: [9], weight: w, answers: {gut: 2}, header: 2, overall: a}
"""
    answers = read(folder, text).read_survey()
    assert answers.answers.loc["x"].tolist() == [1, 4]
    assert answers.answers.loc["y", "a"] == 5
    assert answers.answers.isna().sum().sum() == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            LOG + COLUMNS,
            'study.yaml has no section "survey". Add one with its path, scale and items; docs/study.md explains the '
            "keys.",
        ),
        (
            "pseudonymise: true\nsurvey: {path: sales.csv, respondent: c, items: [d]}\n",
            "study.yaml asks for pseudonymise, but a survey is read with its respondents as they are. Take out "
            "survey.respondent, which numbers them, or replace them before.",
        ),
    ],
)
def test_a_survey_that_cannot_be_read_is_refused(folder, text, message):
    with pytest.raises(SchemaError) as caught:
        read(folder, text).read_survey()
    assert str(caught.value) == message


def test_the_survey_on_the_page_is_read_as_it_says(folder):
    page = PAGE.read_text(encoding="utf-8")
    code, shown = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", page, re.DOTALL)[1]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue() == shown


def test_parquet_is_looked_at_too(folder):
    place = folder / "log.parquet"
    duckdb.sql(
        "select range % 7 as client, date '2024-01-01' + (range % 50)::int as day, range * 1.5 as total from range(100)"
    ).write_parquet(str(place))
    found = study.guess(place).sections["transactions"]
    assert dict(found.values["columns"]) == {"customer": "client", "date": "day", "amount": "total"}


def test_a_known_export_is_told_by_its_columns(folder):
    head = "Record Id,Account Name,Amount,Closing Date,Stage\n"
    found = guessed(
        folder, head + "".join(f"{i},A{i % 3},{i}.5,2024-01-0{i},Closed Won\n" for i in range(1, 9))
    )
    assert found.values["preset"] == "zoho_deals"
    assert found.reasons[("preset",)].startswith("the columns are those of Zoho")


def test_parts_of_one_log_become_a_pattern_and_other_files_do_not(folder):
    rows = "client,day,total\n1,2024-01-01,1.5\n1,2024-01-02,2.5\n"
    for year in (2023, 2024):
        (folder / f"orders-{year}.csv").write_text(rows, encoding="utf-8")
    found = study.guess([folder / "orders-2023.csv", folder / "orders-2024.csv"])
    assert found.sections["transactions"].values["path"] == (folder / "orders-*.csv").as_posix()
    assert not found.spare
    (folder / "orders-old.csv").write_text("x\n1\n", encoding="utf-8")
    found = study.guess([folder / "orders-2023.csv", folder / "orders-2024.csv"])
    # The pattern orders-202*.csv still reads just these two.
    assert found.sections["transactions"].values["path"] == (folder / "orders-202*.csv").as_posix()


def test_a_second_log_of_another_form_is_kept_aside(folder):
    (folder / "a.csv").write_text("client,day,total\n1,2024-01-01,1.5\n1,2024-01-02,2.5\n", encoding="utf-8")
    found = study.guess([folder / "a.csv", "cdnow_sample"])
    assert [one.source for one in found.spare] == ["cdnow_sample"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty (0 bytes). Export it again."),
        (b"PK\x03\x04abc", 'is a workbook or an archive. Save its sheet as "CSV UTF-8" and name that file.'),
        (b"ab\x00\x01\x02", "is neither CSV nor Parquet: it holds bytes that no text has."),
    ],
)
def test_files_that_are_no_table_are_refused(folder, content, message):
    (folder / "data.csv").write_bytes(content)
    with pytest.raises(SchemaError) as caught:
        study.guess(["data.csv"])
    assert str(caught.value) == f"data.csv {message}"


def test_only_the_first_rows_are_read(folder):
    (folder / "data.csv").write_text("a,b\n" + "1,2\n" * 6000, encoding="utf-8")
    assert sample(folder / "data.csv").rows == 5000


def test_lines_with_a_wrong_number_of_fields_are_counted(folder):
    text = "client,day,total\n1,2024-01-01,1.5\n1,2024-01-02\n1,2024-01-02,2.5\n"
    assert guessed(folder, text).reasons[("policies", "unreadable")] == (
        "lines with a wrong number of fields, 1 of those looked at, stop the reading"
    )


# Writing


def plain(value):
    if isinstance(value, dict) or hasattr(value, "items"):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, tuple | list) else value


NAMES = [
    "no",
    "2024",
    "a: b",
    "it's",
    'say "x"',
    "# x",
    "- y",
    "{z}",
    "客户 编号",
    "*star",
    "null",
    "Is it?",
    "x\\y",
    "  tail",
    "a\nb\x1b",
]


def test_what_is_written_is_read_back_without_change(folder):
    home = folder / "my data: 2024 'x'"
    home.mkdir()
    (home / "订单 #1.csv").write_bytes(CHINESE.encode("gb18030"))
    found = study.guess([home / "订单 #1.csv", "b2b_satisfaction", "donations"])
    place = study.write(found, folder / "study.yaml")
    back = study.read(place)
    log = found.sections["transactions"].values
    assert back.transactions == study.Log(
        log["path"], log["columns"], log["currency"], policies=log["policies"]
    )
    rated = found.sections["survey"].values
    assert back.survey == study.Survey(**rated)
    text = place.read_text(encoding="utf-8")
    assert "path: 'my data: 2024 ''x''/订单 #1.csv'" in text
    assert "# donations is not used: it has no columns" in text


def test_names_that_yaml_would_misread_are_written_so_that_they_come_back(folder):
    items = {name: name for name in NAMES}
    values = {
        "path": (folder / "sales.csv").as_posix(),
        "items": tuple(NAMES),
        "labels": items,
        "scale": (1, 5),
    }
    reasons = {("items",): "`a\nb\x1b`: a reason\u2028that runs on"}
    found = study.Guess({"survey": study.FileGuess("sales.csv", "survey", "why\nnot", values, reasons)})
    back = study.read(study.write(found, folder / "study.yaml"))
    assert back.survey.items == tuple(NAMES)
    assert dict(back.survey.labels) == items


def test_a_file_that_is_there_is_never_overwritten(folder):
    (folder / "study.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        study.write(study.guess("cdnow_sample"), "study.yaml")
    assert (
        str(caught.value)
        == "study.yaml exists already and is left as it is. Choose another name, or move it away."
    )
    assert (folder / "study.yaml").read_text(encoding="utf-8") == "mine"


def test_nothing_is_written_when_no_file_is_clear(folder):
    with pytest.raises(
        SchemaError,
        match=r"^It is not clear what the files are, so there is no study to write.\n  donations: ",
    ):
        study.write(study.guess("donations"), "study.yaml")
    assert not (folder / "study.yaml").exists()


def test_every_key_of_the_schema_stands_in_a_written_file(folder):
    text = study.write(study.guess("cdnow_sample"), "study.yaml").read_text(encoding="utf-8")

    def keys(rule):
        for key, below in resolve(rule).get("properties", {}).items():
            yield key
            yield from keys(below)

    for key in keys(study.schema()):
        assert re.search(rf"^[# ]*{key}:", text, flags=re.MULTILINE), key


def test_every_line_that_is_offered_can_be_taken(folder):
    """Without its #, each example of the schema obeys the schema."""

    def examples(rule):
        rule = resolve(rule)
        yield from (
            (rule, example)
            for example in [*rule.get("examples", ()), *([rule["default"]] if "default" in rule else [])]
        )
        for below in rule.get("properties", {}).values():
            yield from examples(below)

    whole = dict(study.schema())
    for rule, example in examples(whole):
        jsonschema.Draft202012Validator({**rule, "$defs": whole["$defs"]}).validate(example)


# The schema and the page


def test_the_schema_is_a_schema_and_every_key_is_explained():
    whole = dict(study.schema())
    jsonschema.Draft202012Validator.check_schema(whole)

    def check(rule, place):
        for key, below in resolve(rule).get("properties", {}).items():
            assert resolve(below).get("description", "").endswith("."), f"{place}.{key}"
            check(below, f"{place}.{key}")

    check(whole, "")


def test_the_schema_knows_the_chapters_and_the_policies_that_there_are():
    whole = study.schema()
    assert list(whole["properties"]["chapters"]["properties"]) == list(contents.THEORIES)
    log = {**whole["properties"]["transactions"]["properties"], "pseudonymise": {}}
    policies = log["policies"]["properties"]
    fields = {one.name: one for one in dataclasses.fields(Policies)}
    assert set(policies) == set(fields) - set(log)
    for name, rule in policies.items():
        assert resolve(rule).get("default") == (fields[name].default if "default" in resolve(rule) else None)
        if name in CHOICES:
            assert tuple(rule["enum"]) == CHOICES[name]


def test_the_schema_knows_every_keyword_of_the_reader_of_surveys():
    keywords = {name for name in inspect.signature(survey.read).parameters if name != "source"}
    assert keywords <= set(study.schema()["properties"]["survey"]["properties"])


def test_every_name_that_sections_set_is_a_place_of_the_schema():
    for place in rules.SET_BY.values():
        rule = dict(study.schema())
        for step in place.split("."):
            rule = resolve(rule["properties"][step])


def test_the_page_is_in_step_with_the_schema():
    assert PAGE.read_text(encoding="utf-8") == study.reference(), "write study.reference() to docs/study.md"


def test_the_page_prints_what_it_says(folder):
    page = PAGE.read_text(encoding="utf-8")
    (folder / "study.yaml").write_text(re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1], encoding="utf-8")
    code, shown, message = re.search(
        r"```python\n(.*?)```\n\n```text\n(.*?)```.*?```text\n(.*?)\n```", page, re.DOTALL
    ).groups()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue() == shown
    example = study.EXAMPLE.read_text(encoding="utf-8")
    assert (
        refusal(folder, example.replace("{customer: ", "{custmer: ").replace("refunds: net", "refunds: nett"))
        == message
    )


def test_the_example_is_run_on_its_data():
    names = [*rules.SET_BY, "horizon", "margin", "acquisition_cost"]
    value = study.read(study.EXAMPLE).runs({"value": names}, {"value": ["transactions"]}).runs["value"]
    assert (value["acquisition_cost"], value["currency"]) == (40, "£")
    log = transactions.read(
        datasets.path(value["transactions"]),
        value["customer"],
        value["date"],
        value["amount"],
        **value["policies"],
    )
    assert log.report.rows == datasets.describe("online_retail").rows
    table = datasets.load("online_retail")
    bought = table[(table["amount_gbp"] > 0) & table["customer_id"].notna()]
    assert log.report.last_date == table["invoice_time"].max().date()
    assert 0.99 < log.report.customers / bought["customer_id"].nunique() <= 1  # the rest gave all of it back


def test_inline_yaml_is_one_line_and_comes_back():
    for name in NAMES:
        text = document.inline(name)
        assert "\n" not in text
        assert yaml.safe_load(text) == name
        assert yaml.safe_load(document.inline([name, {name: name}])) == [name, {name: name}]


def test_a_path_of_another_folder_is_written_as_seen_from_the_study(folder):
    (folder / "a").mkdir()
    found = study.guess(folder / "sales.csv")
    assert not found.sections  # two columns of one row tell nothing
    assert writing._relative((folder / "sales.csv").as_posix(), folder / "a") == "../sales.csv"
