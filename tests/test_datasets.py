"""The sample data are what the manifest says, and what their sources say of them is true of the files."""

import csv
import dataclasses
import hashlib
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from crmtheory import datasets, places
from crmtheory.errors import SchemaError

DATA = places.folder("data")

# Rows and columns as published with the sources, independent of the manifest.
# fmt: off
SIZES = {
    "cdnow_sample": (6919, 5), "cdnow_master": (69659, 4), "online_retail": (44876, 10),
    "online_retail_lines": (148640, 5), "online_retail_products": (3011, 3), "bank_marketing": (45211, 17),
    "sfo_survey": (5640, 54), "ecsi_mobile": (250, 24), "corporate_reputation": (344, 37),
    "telecom_churn": (3150, 14), "contract_retention": (13, 3), "donations": (22, 4),
    "b2b_satisfaction": (266, 15), "yellow_pages": (1811, 10), "cracker_choice": (3292, 14),
    "vacation_motives": (1000, 33), "satisfaction_retention_studies": (30, 8),
}
KINDS = {"transactions", "survey", "contacts", "contracts", "counts", "choice", "studies", "products"}
# fmt: on
NOT_DATA = {"manifest.toml", "README.md", "glossary.csv"}
each = pytest.mark.parametrize("name", SIZES)


def same_day_merged(log: pd.DataFrame) -> pd.DataFrame:
    return log.groupby(["customer_id", "date"], as_index=False)["amount_usd"].sum()


def top_share(amounts: pd.Series, share: float = 0.20) -> float:
    ranked = amounts.sort_values(ascending=False)
    return ranked.head(int(np.ceil(share * len(ranked)))).sum() / ranked.sum()


def alpha(items: pd.DataFrame) -> float:
    k = items.shape[1]
    return k / (k - 1) * (1 - items.var().sum() / items.sum(axis=1).var())


# The manifest against the files


def test_the_catalogue_lists_every_data_set_once_and_none_is_simulated():
    table = datasets.catalogue()
    assert (table.index.name, *table.index) == ("name", *SIZES)
    assert table.columns.tolist() == ["title", "rows", "columns", "kind", "real", "licence", "citation"]
    assert table["real"].all()


@each
def test_a_table_has_the_published_size_and_the_size_in_the_manifest(name):
    entry = datasets.describe(name)
    assert datasets.load(name).shape == SIZES[name] == (entry.rows, len(entry.columns))


@each
def test_a_file_has_the_checksum_in_the_manifest(name):
    assert hashlib.sha256(datasets.path(name).read_bytes()).hexdigest() == datasets.describe(name).sha256


@each
def test_every_column_is_described_in_the_order_of_the_file(name):
    columns = datasets.describe(name).columns
    assert datasets.load(name).columns.tolist() == [column.name for column in columns]
    assert all(column.unit and column.meaning for column in columns)


@each
def test_every_data_set_states_its_licence_where_it_is_stated_and_whom_to_cite(name):
    entry = datasets.describe(name)
    assert entry.description.startswith("One row is ")
    assert entry.kind in KINDS
    assert all([entry.licence, entry.licence_source, entry.citation, entry.source, entry.warnings])


def test_every_file_in_the_folder_has_an_entry_named_after_it():
    files = {file.name for file in DATA.iterdir() if not file.name.startswith(".")}
    assert files - NOT_DATA == {datasets.describe(name).file for name in SIZES}
    assert {file.split(".")[0] for file in files - NOT_DATA} == set(SIZES)


@pytest.mark.parametrize("name", ["cdnow_sample", "cdnow_master", "online_retail"])
def test_a_transaction_log_names_its_customer_date_and_amount(name):
    entry, log = datasets.describe(name), datasets.load(name)
    assert log[[entry.customer, entry.date, entry.amount]].notna().all(axis=None)
    assert pd.api.types.is_datetime64_dtype(log[entry.date])
    assert pd.api.types.is_float_dtype(log[entry.amount])
    assert pd.api.types.is_integer_dtype(log[entry.customer])


def test_the_log_by_product_has_no_amount_and_joins_the_invoices_and_products():
    assert datasets.describe("online_retail_lines").amount is None
    lines, invoices, products = (
        datasets.load(name) for name in ("online_retail_lines", "online_retail", "online_retail_products")
    )
    assert lines["invoice"].isin(invoices["invoice"]).all()
    assert set(lines["stock_code"]) == set(products["stock_code"])
    assert (lines["invoice"].nunique(), lines["customer_id"].nunique()) == (6284, 2845)


def test_a_loaded_table_may_be_changed_without_harm_but_a_description_may_not():
    table = datasets.load("donations")
    table["weights"] = 0
    assert datasets.load("donations")["weights"].sum() == 11104
    with pytest.raises(dataclasses.FrozenInstanceError):
        datasets.describe("donations").rows = 0


# Errors


@pytest.mark.parametrize("function", [datasets.load, datasets.describe, datasets.path])
def test_an_unknown_name_gets_the_closest_one_and_the_whole_list(function):
    with pytest.raises(SchemaError) as error:
        function("cdnow_sampel")
    assert str(error.value) == (
        'There is no data set "cdnow_sampel". Did you mean "cdnow_sample"? Known: ' + ", ".join(SIZES) + "."
    )


def test_a_missing_file_is_named(tmp_path, monkeypatch):
    shutil.copy(DATA / "manifest.toml", tmp_path)
    monkeypatch.setattr(places, "folder", lambda name: tmp_path)
    with pytest.raises(SchemaError) as error:
        datasets.load("donations")
    assert str(error.value) == (
        f'The file of data set "donations" is missing: {tmp_path / "donations.csv"} does not exist. '
        "Usually the download or the checkout was incomplete; get the package again."
    )


# What the sources say


@pytest.mark.parametrize(
    ("name", "customers", "free", "merged"),
    [("cdnow_sample", 2357, 8, 223), ("cdnow_master", 23570, 80, 2068)],
)
def test_cdnow_has_orders_of_amount_0_and_several_orders_a_day(name, customers, free, merged):
    log = datasets.load(name)
    assert log["customer_id"].nunique() == customers
    assert (log["amount_usd"] == 0).sum() == free
    assert len(log) - len(same_day_merged(log)) == merged
    assert (log["date"].min(), log["date"].max()) == (pd.Timestamp("1997-01-01"), pd.Timestamp("1998-06-30"))
    assert log.groupby("customer_id")["date"].min().max() < pd.Timestamp("1997-04-01")


def test_cdnow_sample_has_2457_repeat_purchases_in_39_weeks():
    days = same_day_merged(datasets.load("cdnow_sample"))
    calibration = days[days["date"] <= "1997-09-30"]
    assert len(calibration) - calibration["customer_id"].nunique() == 2457


def test_cdnow_sample_is_part_of_cdnow_master():
    master, sample = datasets.load("cdnow_master"), datasets.load("cdnow_sample")
    columns = ["customer_id", "date", "n_cds", "amount_usd"]
    sample = sample.drop(columns="customer_id").rename(columns={"master_id": "customer_id"})[columns]
    part = master[master["customer_id"].isin(sample["customer_id"])]
    tables = [table.sort_values(columns).reset_index(drop=True) for table in (part, sample)]
    pd.testing.assert_frame_equal(*tables)


def test_online_retail_has_17_6_percent_cancellations_also_of_its_largest_invoice():
    log = datasets.load("online_retail")
    assert log["customer_id"].nunique() == 5942
    assert round(100 * log["cancelled"].mean(), 1) == 17.6
    assert ((log["amount_gbp"] < 0) == (log["cancelled"] == 1)).all()
    assert (log["invoice"].str.startswith("C") == (log["cancelled"] == 1)).all()
    large = log[log["amount_gbp"].abs() == 168469.60]
    assert large["amount_gbp"].tolist() == [168469.60, -168469.60]
    assert large["invoice_time"].diff().iloc[1] == pd.Timedelta(minutes=12)


def test_top_20_percent_of_online_retail_bring_77_2_percent_of_positive_revenue():
    log = datasets.load("online_retail")
    positive = log[log["amount_gbp"] > 0].groupby("customer_id")["amount_gbp"].sum()
    net = log.groupby("customer_id")["amount_gbp"].sum()
    assert (len(positive), round(100 * top_share(positive), 1)) == (5878, 77.2)
    assert (len(net), round(100 * top_share(net), 1)) == (5942, 77.3)
    assert (net <= 0).sum() == 105


def test_bank_subscriptions_are_11_7_percent_and_fall_with_the_number_of_contacts():
    calls = datasets.load("bank_marketing")
    by_contacts = calls.groupby("campaign")["subscribed"].mean().mul(100).round(1)
    assert round(100 * calls["subscribed"].mean(), 1) == 11.7
    assert (by_contacts[1], by_contacts[6]) == (14.6, 7.1)
    assert ((calls["pdays"] == -1) == (calls["previous"] == 0)).all()


def test_bank_calls_run_through_30_months_without_september_2008():
    months = datasets.load("bank_marketing")["month"]
    runs = months[months != months.shift()].tolist()
    year = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    expected = (3 * year)[4:35]
    expected.remove("sep")
    assert runs == expected


def test_sfo_net_promoter_score_is_39_8_and_31_0_and_depends_on_the_weights():
    survey = datasets.load("sfo_survey").dropna(subset="NETPRO")
    score = 100.0 * ((survey["NETPRO"] >= 9).astype(int) - (survey["NETPRO"] <= 6).astype(int))
    weighted = (score * survey["WEIGHT"]).groupby(survey["YEAR"]).sum()
    weighted /= survey.groupby("YEAR")["WEIGHT"].sum()
    assert score.groupby(survey["YEAR"]).mean().round(1).tolist() == [39.8, 31.0]
    assert weighted.round(1).tolist() == [40.4, 35.1]


def test_sfo_satisfaction_is_82_1_and_78_4_percent_and_goes_with_recommendation():
    survey = datasets.load("sfo_survey")
    rated = survey.dropna(subset="Q7ALL")
    assert (rated["Q7ALL"] >= 4).groupby(rated["YEAR"]).mean().mul(100).round(1).tolist() == [82.1, 78.4]
    assert 0.58 <= survey["Q7ALL"].corr(survey["NETPRO"], method="spearman") < 0.59
    assert not survey.duplicated(["YEAR", "RESPNUM"]).any()
    assert survey.notna().all(axis=1).sum() == 274


def test_one_item_breaks_the_loyalty_scale_of_ecsi():
    answers = datasets.load("ecsi_mobile")
    assert answers.notna().all(axis=None)
    assert round(alpha(answers[["CUSL1", "CUSL2", "CUSL3"]]), 2) == 0.44
    assert round(alpha(answers[["CUSL1", "CUSL3"]]), 2) == 0.70


def test_telecom_churn_is_83_0_percent_with_a_complaint_and_its_customer_value_is_a_formula():
    t = datasets.load("telecom_churn")
    assert t.groupby("Complains")["Churn"].mean().mul(100).round(1).to_dict() == {0: 10.1, 1: 83.0}
    assert t.duplicated().sum() == 300
    factor = t["Age Group"].map({1: 5.5, 2: 4.5, 3: 4.0, 4: 2.5, 5: 1.5})
    formula = factor * (0.01 * (t["Seconds of Use"] + t["Frequency of use"]) + t["Frequency of SMS"])
    np.testing.assert_allclose(t["Customer Value"], formula, atol=0.005)


def test_regular_contracts_stand_at_28_9_percent_in_year_5():
    table = datasets.load("contract_retention").set_index("year")
    assert (table.loc[5, "regular_pct"], table.loc[12, "high_end_pct"]) == (28.9, 39.4)


def test_blanks_are_missing_values_and_as_many_as_stated():
    phones, business = datasets.load("corporate_reputation"), datasets.load("b2b_satisfaction")
    assert phones.isna().sum().sum() == 70
    assert business.loc[:, "Satisfaction":"TermsCondPrices"].isna().sum().sum() == 92
    assert business[["tier", "profitability"]].isna().sum().tolist() == [43, 25]


def test_yellow_pages_answers_agree_until_each_respondent_is_centred():
    answers = datasets.load("yellow_pages")
    pairs = np.triu_indices(10, 1)
    centred = answers.sub(answers.mean(axis=1), axis=0)
    assert round(answers.corr().to_numpy()[pairs].mean(), 2) == 0.55
    assert round(centred.corr().to_numpy()[pairs].mean(), 2) == -0.11
    assert (answers.nunique(axis=1) == 1).sum() == 102


def test_crackers_are_bought_by_136_households_and_three_prices_are_0():
    table = datasets.load("cracker_choice")
    free = table[(table.filter(like="price.") == 0).any(axis=1)]
    assert table["id"].nunique() == 136
    assert set(table["choice"]) == {"sunshine", "kleebler", "nabisco", "private"}
    assert (len(free), free["price.nabisco"].max(), set(free["choice"])) == (3, 0.0, {"nabisco"})


def test_few_studies_look_at_behaviour_and_they_find_less():
    table = datasets.load("satisfaction_retention_studies")
    found = table.groupby("Retention_Measure")["Corr"].agg(["size", "min", "max", "median"])
    assert found["size"].to_dict() == {"Behavior": 4, "Intention": 26}
    assert found.loc["Behavior", ["min", "max"]].tolist() == [0.07, 0.235]
    assert found.loc["Intention", "median"] == pytest.approx(0.595)


# The page for readers, and the glossary


def test_the_page_for_readers_names_every_file_licence_citation_and_warning():
    page = (DATA / "README.md").read_text(encoding="utf-8")
    for name in SIZES:
        entry = datasets.describe(name)
        assert f"`{entry.file}` | {entry.rows:,} × {len(entry.columns)} |" in page
        assert f"- `{name}`: {entry.licence}, {entry.licence_source}." in page
        assert all(text in page for text in (entry.citation, *entry.warnings))
    assert "does not cover the data" in page


def test_every_glossary_term_has_a_chinese_term_and_a_definition():
    with (DATA / "glossary.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    terms = [row["en"] for row in rows]
    assert len(rows) >= 40
    assert len(set(terms)) == len(terms)
    assert all(re.search("[\u4e00-\u9fff]", row["zh"]) and row["definition"].endswith(".") for row in rows)
    assert {"customer lifetime value (CLV)", "P(alive)", "prediction interval", "naive rule"} <= set(terms)
