"""From a dirty export to a report by two commands; and every kind of bad file: one message, exit 1, nothing written."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from crmtheory import contents, notebooks, simulate, study
from crmtheory.cli import main
from crmtheory.models import ParetoNBD
from crmtheory.privacy import pseudonym
from crmtheory.transactions.policies import Policies

KEY = "a key for the tests, no secret"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def dirty_export(path: Path, mails: bool = False) -> pd.DataFrame:
    """A German export: semicolons, decimal commas, day first, a total at the end; the clean log behind it."""
    log, _ = simulate.customers_log(
        ParetoNBD(),
        (0.8, 8.0, 0.6, 12.0),
        400,
        np.random.default_rng(3),
        start="2023-01-01",
        acquisition_end="2023-03-31",
        end="2023-12-31",
    )
    amounts = np.random.default_rng(4).gamma(3.0, 12.0, len(log)).round(2) + 0.01
    clean = pd.DataFrame({"Kunde": log["customer"], "Datum": pd.to_datetime(log["date"]), "Betrag": amounts})
    ids = clean["Kunde"].map(lambda one: f"kunde{one}@example.org" if mails else f"K{one:05d}")
    lines = [
        f"{one};{date:%d.%m.%Y};{f'{amount:,.2f}'.translate(str.maketrans(',.', '.,'))} €"
        for one, date, amount in zip(ids, clean["Datum"], clean["Betrag"], strict=True)
    ]
    broken = [
        "K00001;31.02.2023;5,00 €",
        "K00002;01.03.2023;kostenlos",
        ";02.03.2023;7,50 €",
        "Summe;;12.345,67 €",
    ]
    path.write_text(
        "\n".join(["Kunde;Datum;Betrag", *lines[:50], *broken, *lines[50:]]) + "\n", encoding="utf-8"
    )
    return clean.assign(Kunde=ids)


ON_A_LOG = ["lifecycle", "loyalty", "relationship", "segmentation", "value"]  # what runs without a survey


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame, str]:
    """`init`, a look at the study file as an analyst would take, then `report`."""
    folder = tmp_path_factory.mktemp("analyst")
    clean = dirty_export(folder / "Umsätze 2023.csv")
    study = folder / "study.yaml"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        made = call("init", "Umsätze 2023.csv")
        assert made.exit_code == 0, made.output
        text = study.read_text(encoding="utf-8")
        text = text.replace("    # unreadable: error", "    unreadable: drop")
        text = text.replace("    # missing_customer: error", "    missing_customer: drop")
        study.write_text(text, encoding="utf-8")
        done = call("report", "--study", "study.yaml", "--output", "out")
    assert done.exit_code == 0, done.output
    return folder, clean, made.output


def test_init_gives_a_reason_for_every_guess(report: tuple[Path, pd.DataFrame, str]) -> None:
    _, _, text = report
    assert "columns.customer: `Kunde`: " in text
    assert "columns.date: `Datum`: " in text
    assert "columns.amount: `Betrag`: " in text
    assert "Check every guess in it, then: crmtheory report --study study.yaml" in text


def test_the_report_of_a_study_counts_what_the_clean_log_holds(
    report: tuple[Path, pd.DataFrame, str],
) -> None:
    folder, clean, _ = report
    runs = sorted(path for path in (folder / "out").iterdir() if path.is_dir())
    assert [run.name for run in runs] == [f"{name}-study" for name in ON_A_LOG]
    for run in runs:
        data = json.loads((run / "result.json").read_text(encoding="utf-8"))["data"]
        assert len(data) == 1, "no example stands beside the data of the study"
        assert data[0]["rows"] == len(clean) + 4
        assert data[0]["customers"] == clean["Kunde"].nunique()
        (page,) = run.glob("0*.html")
        assert f"{clean['Betrag'].sum():,.2f}" in page.read_text(encoding="utf-8")
    assert (folder / "out" / "index.html").is_file()


def test_the_rows_set_aside_are_written_with_line_and_reason(report: tuple[Path, pd.DataFrame, str]) -> None:
    folder, _, _ = report
    files = list((folder / "out").glob("*/rejected.csv"))
    assert len(files) == len(ON_A_LOG)
    for file in files:
        rejected = pd.read_csv(file)
        assert rejected["line"].tolist() == [52, 53, 54, 55]
        assert rejected["reason"].tolist() == [
            "date that cannot be read",
            "amount that is no number",
            "no customer id",
            "no date",
        ]


@pytest.mark.parametrize("scale", ["[1, 5]", "{a: [1, 5], nps: [0, 10]}"])
def test_every_chapter_takes_what_a_study_with_log_and_survey_gives(tmp_path: Path, scale: str) -> None:
    dirty_export(tmp_path / "log.csv")
    (tmp_path / "answers.csv").write_text("a,nps\n3,9\n", encoding="utf-8")
    (tmp_path / "study.yaml").write_text(
        "transactions: {path: log.csv, columns: {customer: Kunde, date: Datum, amount: Betrag}}\n"
        f"survey: {{path: answers.csv, items: [a, nps], scale: {scale}, constructs: {{trust: [a]}}, recommend: nps}}\n",
        encoding="utf-8",
    )
    known = {
        theory.name: [one.name for one in notebooks.parameters(theory.name)]
        for theory in contents.available()
    }
    runs, left_out = study.read(tmp_path / "study.yaml").runs(known)
    assert sorted(runs) == sorted(contents.THEORIES)
    assert left_out == {}
    for name, given in runs.items():
        assert set(notebooks.check(name, given)) == set(given)


def test_e_mail_addresses_are_not_written_and_the_way_out_hides_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    clean = dirty_export(tmp_path / "log.csv", mails=True)
    columns = [
        "-p",
        "transactions",
        "log.csv",
        "-p",
        "customer",
        "Kunde",
        "-p",
        "date",
        "Datum",
        "-p",
        "amount",
        "Betrag",
    ]
    policies = {"unreadable": "drop", "missing_customer": "drop"}
    refused = call("run", "value", *columns, "-p", "policies", json.dumps(policies), "-o", "out")
    assert refused.exit_code == 1
    assert "example.org" not in refused.output
    assert "pseudonymise" in refused.output
    monkeypatch.setenv("CRMTHEORY_KEY", KEY)
    hidden = {**policies, "pseudonymise": True}
    done = call("run", "value", *columns, "-p", "policies", json.dumps(hidden), "-o", "out")
    assert done.exit_code == 0, done.output
    table = pd.read_csv(tmp_path / "out" / "tables" / "customers.csv")
    assert set(table["Kunde"]) <= set(pseudonym(clean["Kunde"].drop_duplicates(), KEY.encode()))
    for file in (tmp_path / "out").rglob("*.*"):
        content = file.read_bytes()
        assert b"@example.org" not in content, file
        assert KEY.encode() not in content, file


BAD = {
    "nothing.csv": b"",
    "truncated.csv.gz": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "binary.csv": bytes(range(256)) * 20,
    "header.csv": b"customer_id,date,amount_usd\n",
    "other.csv": b"a,b\n1,2\n",
    "broken.parquet": b"PAR1 nothing",
}


@pytest.mark.parametrize("name", [*BAD, "folder", "missing.csv", "https://example.org/log.csv"])
def test_a_bad_source_is_one_message_and_leaves_nothing_half_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if name in BAD:
        (tmp_path / name).write_bytes(BAD[name])
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    result = call("init", name, "-o", "study.yaml")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.output
    assert sorted(tmp_path.rglob("*")) == before


def test_a_study_with_a_mistake_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.yaml").write_text(
        "transactions:\n  path: cdnow_sample\n  columns: {customer: customer_id, date: date}\n"
        "  policies: {refunds: nett}\n",
        encoding="utf-8",
    )
    result = call("report", "--study", "study.yaml", "-o", "out")
    assert result.exit_code == 1
    assert "transactions.policies.refunds" in result.stderr
    assert 'Did you mean "net"?' in result.stderr
    assert not (tmp_path / "out").exists()


def test_presets_are_listed_and_described() -> None:
    assert "shopify_orders" in call("presets").output
    text = call("presets", "fxiaoke_orders").output
    assert "not verified on a real export" in text
    assert 'Did you mean "zoho_deals"?' in call("presets", "zoho_deal").stderr


def test_a_key_file_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    made = call("key", str(tmp_path / "key"))
    assert made.exit_code == 0
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    assert (tmp_path / "key").read_text().strip() not in made.output
    again = call("key", str(tmp_path / "key"))
    assert again.exit_code == 1


def test_the_python_example_of_the_page_on_data_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[1] / "docs" / "data.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "docs/data.md", "exec"), {})
    assert len(pd.read_parquet("scores.parquet")) == 2357


def test_every_policy_stands_in_the_table_of_the_page_on_data() -> None:
    page = (Path(__file__).parents[1] / "docs" / "data.md").read_text(encoding="utf-8")
    assert [one.name for one in fields(Policies) if f"`{one.name}`" not in page] == []
