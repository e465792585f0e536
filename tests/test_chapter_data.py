"""What every chapter reads: examples stay with the example, what cannot be had is said, tables fit the log."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from crmtheory import chapter_data, claims, contents
from crmtheory.chapter import Chapter
from crmtheory.errors import ConvergenceError, DomainError, SchemaError

SHOP = """client,day,paid
007,2024-01-05,10
007,2024-02-01,5.5
12,2024-01-05,20
,2024-01-09,3
李雷,2024-03-31,7
"""
DEFAULTS = {
    "transactions": "example",
    "customer": "client",
    "date": "day",
    "amount": "paid",
    "dayfirst": "auto",
    "missing_customer": "drop",
    "refunds": "net",
    "policies": {},
    "contacts": "",
    "contacts_columns": {},
    "attributes": "",
    "attributes_columns": {},
    "pseudonymise": False,
    "leads": "sales_calls",
    "outcome": "sold",
    "thresholds": {},
    "seed": 20,
}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The text of each output."""
    outputs: list[str] = []
    monkeypatch.setattr(
        "crmtheory.chapter._display", lambda data, meta=None: outputs.append(data["text/plain"])
    )
    return outputs


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.csv"
    path.write_text(SHOP, encoding="utf-8")
    return path


@pytest.fixture
def opened(tmp_path: Path, shop: Path, shown: list):
    """Opens a chapter whose parameters differ from the defaults as given; the log is the shop."""

    def of(**given) -> Chapter:
        values = {**DEFAULTS, "transactions": str(shop), "output": str(tmp_path / "out"), **given}
        return Chapter(contents.find("lifecycle"), values, DEFAULTS)

    return of


def file_of(folder: Path, text: str) -> str:
    path = folder / "other.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


# Examples


def test_the_example_keeps_its_own_tables(opened) -> None:
    chapter = opened(transactions="example")
    assert chapter_data.examples(chapter, "leads", "outcome") == ["sales_calls", "sold"]
    assert chapter.parameters["leads"] == "sales_calls"


def test_a_report_on_another_log_does_not_show_the_tables_of_the_example(opened) -> None:
    chapter = opened()
    assert chapter_data.examples(chapter, "leads", "outcome") == ["", ""]
    assert (chapter.parameters["leads"], chapter.parameters["outcome"]) == ("", "")
    assert chapter.parameters["refunds"] == "net"  # not asked for
    assert chapter.result()["parameters"]["leads"] == ""


def test_what_the_analyst_has_given_is_kept(opened) -> None:
    chapter = opened(leads="mine.csv")
    assert chapter_data.examples(chapter, "leads", "outcome") == ["mine.csv", ""]
    assert (chapter.parameters["leads"], chapter.parameters["outcome"]) == ("mine.csv", "")


# Where possible


def test_an_example_that_was_asked_for_by_name_stays(opened):
    chapter = opened(transactions="mine.csv")
    chapter.given = frozenset({"leads"})
    assert chapter_data.examples(chapter, "leads", "outcome") == ["sales_calls", ""]


def test_an_example_is_dropped_when_any_of_the_main_data_is_another(opened):
    chapter = opened(contacts="mine.csv")
    assert chapter_data.examples(chapter, "leads", of=["contacts", "transactions"]) == [""]


@pytest.mark.parametrize("kind", [DomainError, ConvergenceError])
def test_what_cannot_be_had_is_said_and_the_chapter_goes_on(opened, shown, kind) -> None:
    after = []
    with chapter_data.where_possible(opened()):
        after.append("before the error")
        raise kind("This log has 3 customers & <b>none</b> is lost.")
    assert after == ["before the error"]
    assert len(shown) == 1
    assert "Not possible with these data." in shown[0]
    assert "This log has 3 customers & <b>none</b> is lost." in shown[0]


def test_the_reason_can_be_given_to_a_claim(opened):
    with chapter_data.where_possible(opened()) as problem:
        assert problem.text == ""
    with chapter_data.where_possible(opened(), SchemaError) as problem:
        raise SchemaError("An item in two constructs.")
    assert problem.text == "An item in two constructs."


def test_what_can_be_had_is_not_commented_on(opened, shown) -> None:
    with chapter_data.where_possible(opened()):
        number = 1
    assert (number, shown) == (1, [])


@pytest.mark.parametrize("kind", [SchemaError, ValueError, KeyError])
def test_other_errors_are_not_hushed_up(opened, shown, kind) -> None:
    def broken() -> None:
        with chapter_data.where_possible(opened()):
            raise kind("no such column")

    assert "no such column" in raised(kind, broken)
    assert shown == []


# The log


def test_the_log_is_read_remembered_and_shown_and_rows_set_aside_are_kept(opened, shown, tmp_path) -> None:
    chapter = opened()
    log = chapter_data.read_log(chapter)
    bought = log.purchases()
    assert bought.iloc[:, 0].astype(str).tolist() == ["007", "007", "12", "李雷"]
    assert bought["amount"].sum() == 42.5
    (data,) = chapter.result()["data"]
    assert data["name"] == str(tmp_path / "shop.csv")
    assert (data["customers"], data["first"], data["last"]) == (3, "2024-01-05", "2024-03-31")
    rejected = pd.read_csv(tmp_path / "out" / "rejected.csv")
    assert len(rejected) == 1
    assert "What was read" in shown
    assert sum("Set aside: **1 row**" in text for text in shown) == 1


def test_a_log_without_a_column_of_amounts_is_refused(opened) -> None:
    assert raised(SchemaError, lambda: chapter_data.read_log(opened(amount=""))) == (
        "This chapter looks at what customers spend: name the column of amounts (amount)."
    )


def test_missing_customers_are_an_error_unless_they_may_be_dropped(opened) -> None:
    with pytest.raises(SchemaError, match="customer"):
        chapter_data.read_log(opened(missing_customer="error"))


@pytest.mark.parametrize(("dayfirst", "first"), [("yes", "2024-02-01"), ("no", "2024-01-02")])
def test_the_day_may_stand_first(opened, tmp_path, dayfirst, first) -> None:
    path = file_of(tmp_path, "client,day,paid\n1,01/02/2024,5\n2,03/04/2024,5\n")
    log = chapter_data.read_log(opened(transactions=path, dayfirst=dayfirst))
    assert str(log.report.first_date)[:10] == first


# Other tables


def test_another_table_is_read_and_remembered_with_its_checksum(opened, tmp_path) -> None:
    path = file_of(tmp_path, "age,sold,note\n30,1,a\n41,0,b\n")
    chapter = opened()
    frame = chapter_data.read_table(chapter, path, ["sold", "age"])
    assert frame.to_dict("list") == {"sold": [1, 0], "age": [30, 41]}
    (data,) = chapter.result()["data"]
    assert (data["name"], data["rows"], len(data["sha256"])) == (path, 2, 64)


def test_a_table_that_is_the_log_is_not_remembered_twice(opened, shop) -> None:
    chapter = opened()
    chapter_data.read_log(chapter)
    before = chapter.result()["data"]
    frame = chapter_data.read_table(chapter, str(shop), ["client"], ids=["client"])
    assert frame["client"].iloc[0] == "007"  # an id keeps its zeros
    assert chapter.result()["data"] == before


CUSTOMERS = pd.Index(["007", "12", "李雷"], name="client")
SENT = "who,sent\n12,2024-01-03\n007,2024-01-04\n12,2023-12-31\n99,2024-02-01\n"
SENT_COLUMNS = {"customer": "who", "date": "sent"}


def test_the_first_contact_with_each_person_counts_also_of_those_who_never_bought(opened, tmp_path) -> None:
    chapter = opened(contacts=file_of(tmp_path, SENT), contacts_columns=SENT_COLUMNS)
    found = chapter_data.read_contacts(chapter, CUSTOMERS)
    assert {name: f"{day:%Y-%m-%d}" for name, day in found.items()} == {
        "007": "2024-01-04",
        "12": "2023-12-31",
        "99": "2024-02-01",
    }


def test_contacts_take_the_form_of_the_customers_of_the_log(opened, tmp_path) -> None:
    chapter = opened(contacts=file_of(tmp_path, SENT), contacts_columns=SENT_COLUMNS)
    found = chapter_data.read_contacts(chapter, pd.Index([7, 12], name="client"))
    assert found.index.tolist() == [7, 12, 99]


@pytest.mark.parametrize(("dayfirst", "month"), [("yes", 2), ("no", 1), ("auto", 1)])
def test_contacts_have_their_day_where_the_log_has_it(opened, tmp_path, dayfirst, month) -> None:
    path = file_of(tmp_path, "who,sent\n12,01/02/2024\n")
    chapter = opened(contacts=path, contacts_columns=SENT_COLUMNS, dayfirst=dayfirst)
    assert chapter_data.read_contacts(chapter, CUSTOMERS).loc["12"].month == month


@pytest.mark.parametrize(
    ("columns", "absent"),
    [({}, "customer and date"), ({"customer": "who"}, "date"), ({"date": "sent"}, "customer")],
)
def test_contacts_need_a_customer_and_a_date(opened, tmp_path, columns, absent) -> None:
    chapter = opened(contacts=file_of(tmp_path, SENT), contacts_columns=columns)
    assert raised(SchemaError, lambda: chapter_data.read_contacts(chapter, CUSTOMERS)) == (
        f'contacts_columns must name {absent}, such as {{"customer": "client", "date": "sent"}}.'
    )


def test_contacts_without_a_day_are_named_by_their_row(opened, tmp_path) -> None:
    path = file_of(tmp_path, "who,sent\n12,2024-01-03\n007,soon\n12,\n")
    chapter = opened(contacts=path, contacts_columns=SENT_COLUMNS)
    assert raised(SchemaError, lambda: chapter_data.read_contacts(chapter, CUSTOMERS)) == (
        "2 of 3 contacts have no day that can be read, first: row 2. Write days such as 2024-03-31."
    )


def test_the_most_frequent_value_of_a_customer_counts_and_of_ties_the_first_in_order(
    opened, tmp_path
) -> None:
    rows = ["007,上海,new", "12,上海,old", "007,北京,new", "12,广州,new", "007,北京,old", "99,北京,new"]
    path = file_of(tmp_path, "\n".join(["who,city,plan", *rows]) + "\n")
    columns = {"customer": "who", "place": "city", "tariff": "plan"}
    found = chapter_data.read_attributes(opened(attributes=path, attributes_columns=columns), CUSTOMERS)
    assert list(found) == ["place", "tariff"]
    place, tariff = found["place"], found["tariff"]
    assert place.index.equals(CUSTOMERS)
    assert (place["007"], place["12"]) == ("北京", min("上海", "广州"))
    assert (tariff["007"], tariff["12"]) == ("new", "new")
    assert place.isna().tolist() == [False, False, True]  # of the third nothing is known
    assert (place.name, tariff.name) == ("place", "tariff")


def test_the_order_of_rows_does_not_change_what_is_known_of_a_customer(opened, tmp_path) -> None:
    columns = {"customer": "who", "place": "city"}
    rows = ["12,b", "12,a", "12,c", "12,a", "12,b"]
    for lines in (rows, rows[::-1], sorted(rows)):
        path = file_of(tmp_path, "\n".join(["who,city", *lines]) + "\n")
        found = chapter_data.read_attributes(opened(attributes=path, attributes_columns=columns), CUSTOMERS)
        assert found["place"]["12"] == "a"


def test_a_value_that_is_missing_is_no_value_of_its_own(opened, tmp_path) -> None:
    path = file_of(tmp_path, "who,city\n12,\n12,\n12,上海\n007,\n")
    columns = {"customer": "who", "place": "city"}
    place = chapter_data.read_attributes(opened(attributes=path, attributes_columns=columns), CUSTOMERS)[
        "place"
    ]
    assert place["12"] == "上海"
    assert pd.isna(place["007"])


@pytest.mark.parametrize("columns", [{}, {"customer": "who"}, {"place": "city"}])
def test_attributes_need_a_customer_and_something_else(opened, tmp_path, columns) -> None:
    chapter = opened(attributes=file_of(tmp_path, "who,city\n12,x\n"), attributes_columns=columns)
    assert raised(SchemaError, lambda: chapter_data.read_attributes(chapter, CUSTOMERS)) == (
        'attributes_columns must name customer and something else, such as {"customer": "client", "place": "city"}.'
    )
    assert chapter.parameters["attributes_columns"] == columns  # nothing of what was given is changed


def test_customers_of_a_table_that_are_none_of_the_log_are_refused(opened, tmp_path) -> None:
    columns = {"customer": "who", "place": "city"}
    chapter = opened(attributes=file_of(tmp_path, "who,city\nx1,a\n"), attributes_columns=columns)
    with pytest.raises(SchemaError, match="The customers of the log are numbers, but 1 of 1 ids"):
        chapter_data.read_attributes(chapter, pd.Index([7, 12]))


# The end


def test_the_verdicts_are_remembered_shown_and_the_untestable_ones_explained(opened, shown) -> None:
    chapter = opened()
    row = pd.DataFrame([{"estimate": 0.3, "low": 0.2, "high": 0.4, "n": 50}])
    tested = claims.test("REL-1", row, name="survey.csv")
    missing = claims.not_given(
        "REL-6", "no purchases by product were given (parameter lines)", name="log.csv"
    )
    chapter_data.conclude(chapter, [tested, missing])
    assert [entry["id"] for entry in chapter.result()["verdicts"]] == ["REL-1", "REL-6"]
    assert shown == [
        "Verdicts",
        f"- **REL-1** {tested.effect} *{tested.caveat}*",
        "REL-6 cannot be tested: no purchases by product were given (parameter lines).",
    ]


def test_a_claim_on_two_data_sets_is_told_apart_by_their_names(opened, shown) -> None:
    row = pd.DataFrame([{"estimate": 0.3, "low": 0.2, "high": 0.4, "n": 50}])
    verdicts = [claims.test("VAL-3", row, name=name) for name in ("shop.csv", "other.csv")]
    chapter_data.conclude(opened(), verdicts)
    first, second = shown[1].split("\n")
    assert first.startswith("- **VAL-3 (shop.csv)** Of two customers, the one who sees more value")
    assert second.startswith("- **VAL-3 (other.csv)** Of two customers")


def test_without_a_tested_claim_there_is_no_list(opened, shown) -> None:
    chapter_data.conclude(opened(), [claims.not_given("LOY-6", "no campaign")])
    assert shown == ["Verdicts", "LOY-6 cannot be tested: no campaign."]


def test_a_threshold_of_the_analyst_goes_before_that_of_the_ledger_and_the_verdict_says_so(opened) -> None:
    stages = pd.DataFrame({"stage": ["loyal", "at risk"] * 60, "silent": [0.0, 1.0, 0.0, 0.0] * 30})
    usual = chapter_data.judge(opened())("LIF-2", stages, name="shop")
    other = chapter_data.judge(opened(thresholds={"LIF-2": 0.5}))("LIF-2", stages, name="shop")
    assert (usual.delta, other.delta) == (0.7, 0.5)
    assert (usual.low, usual.high) == (other.low, other.high)
    assert other.delta_source == "chosen by the analyst; the ledger has 0.7"
    assert "chosen" not in usual.delta_source
    assert chapter_data.deltas(opened(thresholds={"LIF-2": 0.5}))["LIF-2"] == 0.5


def test_thresholds_for_claims_of_other_theories_are_left_to_their_chapters(opened) -> None:
    assert chapter_data.deltas(opened(thresholds={"VAL-1": 0.3, "LIF-2": 0.6}))["LIF-2"] == 0.6
    assert "VAL-1" not in chapter_data.deltas(opened(thresholds={"VAL-1": 0.3}))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"LIF-22": 0.5},
            'thresholds: There is no claim "LIF-22". Did you mean "LIF-2"? Known: LIF-1, LIF-2, LIF-3, LIF-4, LIF-5, '
            "LIF-6.",
        ),
        ({"LIF-2": "high"}, "thresholds: LIF-2 is 'high', and must be a number such as 0.7."),
        ({"LIF-2": True}, "thresholds: LIF-2 is True, and must be a number such as 0.7."),
        ({"LIF-2": float("nan")}, "thresholds: LIF-2 is nan, and must be a number such as 0.7."),
    ],
)
def test_a_threshold_that_is_none_is_refused(opened, given: dict, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        chapter_data.judge(opened(thresholds=given))
    assert str(caught.value) == message
