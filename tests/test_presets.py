"""Presets find the columns of other systems' exports, and tell their purchases from their other rows."""

import csv
import dataclasses
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from crmtheory.errors import SchemaError
from crmtheory.transactions import presets

DATA = Path(__file__).parent / "data" / "presets"
EXPORTS = {
    "shopify_orders": "orders_export.csv",
    "zoho_deals": "zoho_deals.csv",
    "fxiaoke_orders": "fxiaoke_orders.csv",
    "generic": "generic.csv",
}


def header(file: str) -> list[str]:
    """The columns of a file as they stand in it, also a byte-order mark."""
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        return next(csv.reader(lines))


def kept(name: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The rows of a made-up export that are purchases, and the others."""
    preset = presets.find(name)
    columns = header(EXPORTS[name])
    where = presets.conditions(preset, columns)
    rows: tuple[list, list] = ([], [])
    with (DATA / EXPORTS[name]).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            rows[any(row[column] not in values for column, values in where.items())].append(row)
    return rows


def message(call) -> str:
    with pytest.raises(SchemaError) as caught:
        call()
    return str(caught.value)


def fitting(columns: list[str]) -> list[str]:
    return [preset.name for preset in presets.detect(columns)]


def guessed(columns: list[str]) -> dict[str, str]:
    return {role: column for role, (column, _) in presets.guess(columns).items()}


# the presets themselves


def test_every_preset_says_where_its_names_were_seen_and_whether_it_was_verified():
    for preset in presets.load().values():
        assert all([preset.title, preset.title_zh, preset.seen])
        assert preset.verified or preset.note.startswith("not verified on a real export")


def test_a_preset_cannot_be_changed():
    preset = presets.find("shopify_orders")
    with pytest.raises(dataclasses.FrozenInstanceError):
        preset.title = "mine"
    for table in (preset.where, preset.policies, preset.hints, preset.files, preset.where_names):
        with pytest.raises(TypeError):
            table["Total"] = "mine"


def test_names_of_one_role_stand_there_once():
    for preset in presets.load().values():
        for role in presets.ROLES:
            names = [presets.normal(name) for name in getattr(preset, role)]
            assert len(names) == len(set(names)), (preset.name, role)


def test_an_unknown_preset_names_the_closest_one():
    assert message(lambda: presets.find("shopify")) == (
        'There is no preset "shopify". Did you mean "shopify_orders"? '
        "Known: shopify_orders, zoho_deals, fxiaoke_orders, olist_orders, generic."
    )


# resolving


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shopify_orders", ["Email", "Created at", "Total", "Name"]),
        ("zoho_deals", ["Account Name.id", "Closing Date", "Amount", "Record Id"]),
        ("fxiaoke_orders", ["客户名称", "下单日期", "销售订单金额(元)", "\ufeff销售订单编号"]),
        ("generic", ["会员号", "下单日期", "实付金额（元）", "订单编号"]),
    ],
)
def test_the_columns_of_an_export_are_found_under_their_own_names(name, expected):
    found = presets.resolve(presets.find(name), header(EXPORTS[name]))
    assert found == dict(zip(presets.ROLES, expected, strict=True))


@pytest.mark.parametrize(
    "column",
    [
        "customer_id",
        "Customer ID",
        "CUSTOMERID",
        "customer-id",
        "\ufeffcustomer_id",
        " Customer Id ",
        "ｃｕｓｔｏｍｅｒ＿ｉｄ",
    ],
)
def test_case_spaces_underscores_a_mark_and_full_width_forms_do_not_matter(column):
    assert presets.resolve(presets.find("generic"), ["date", column, "amount"])["customer"] == column


@pytest.mark.parametrize(
    "unit", ["（元）", "(元)", "（万元）", " (RMB)", "[CNY]", "（人民币）", "(￥)", "(US$)", "（ＵＳＤ）"]
)
def test_a_unit_in_brackets_does_not_matter_and_is_kept_in_the_name(unit):
    found = presets.resolve(presets.find("generic"), ["客户编号", "下单日期", f"订单金额{unit}"])
    assert found["amount"] == f"订单金额{unit}"


def test_other_words_in_brackets_are_part_of_the_name():
    sentence = message(lambda: presets.resolve(presets.find("generic"), ["客户", "日期", "订单金额（预计）"]))
    assert "  amount      none of " in sentence


def test_accents_and_apostrophes_do_not_matter():
    found = presets.resolve(presets.find("generic"), ["Numero de cliente", "Date d’achat", "Montant TTC"])
    assert found == {"customer": "Numero de cliente", "date": "Date d’achat", "amount": "Montant TTC"}


def test_the_first_name_of_a_preset_wins_not_the_first_column():
    columns = ["Email", "Customer ID", "Paid at", "Created at", "Total", "Financial Status", "Lineitem name"]
    found = presets.resolve(presets.find("shopify_orders"), columns)
    assert found == {"customer": "Customer ID", "date": "Created at", "amount": "Total"}


def test_the_id_of_a_shopify_order_is_never_the_customer():
    columns = ["Id", "Created at", "Total", "Financial Status"]
    assert message(lambda: presets.resolve(presets.find("shopify_orders"), columns)) == (
        'The preset "shopify_orders" does not fit: 1 of its columns cannot be told.\n'
        '  customer    none of Customer ID, Email. Name yours with customer="…".\n'
        "Columns: Id, Created at, Total, Financial Status."
    )


def test_every_missing_column_is_named_at_once_with_those_that_are_there():
    columns = ["Name", "Account Name", "Amount", "Closing Date", "Stage"]
    assert message(lambda: presets.resolve(presets.find("shopify_orders"), columns)) == (
        'The preset "shopify_orders" does not fit: 4 of its columns cannot be told.\n'
        '  customer    none of Customer ID, Email. Name yours with customer="…".\n'
        '  date        none of Created at, Paid at. Name yours with date="…".\n'
        '  amount      none of Total. Name yours with amount="…".\n'
        "  where       none of Financial Status. It tells purchases from other rows: pass where={…}, or "
        "where={} for all rows.\n"
        "Columns: Name, Account Name, Amount, Closing Date, Stage. "
        'They fit preset="zoho_deals".'
    )


def test_an_empty_table_has_no_columns():
    assert message(lambda: presets.conditions(presets.find("fxiaoke_orders"), [])) == (
        'The preset "fxiaoke_orders" does not fit: 1 of its columns cannot be told.\n'
        "  where       none of 生命状态. It tells purchases from other rows: pass where={…}, or where={} for all "
        "rows.\n"
        "Columns: none."
    )


def test_what_the_caller_gives_is_not_looked_for():
    columns = ["Kontakt", "Closing Date", "Wert"]
    found = presets.resolve(presets.find("zoho_deals"), columns, given={"customer", "amount", "where"})
    assert found == {"date": "Closing Date"}


def test_two_columns_of_one_name_are_not_chosen_from():
    columns = ["客户名称", "下单日期", "订单金额（元）", "订单金额（美元）", "生命状态"]
    assert message(lambda: presets.resolve(presets.find("fxiaoke_orders"), columns)) == (
        'The preset "fxiaoke_orders" does not fit: 1 of its columns cannot be told.\n'
        '  amount      2 columns fit: 订单金额（元）, 订单金额（美元）. Name yours with amount="…".\n'
        "Columns: 客户名称, 下单日期, 订单金额（元）, 订单金额（美元）, 生命状态."
    )


def test_the_name_written_exactly_goes_before_one_written_alike():
    columns = ["AMOUNT", "amount", "customer", "date"]
    assert presets.resolve(presets.find("generic"), columns)["amount"] == "amount"


def test_an_olist_file_alone_does_not_fit_the_preset_that_reads_the_folder():
    sentence = message(
        lambda: presets.resolve(presets.find("olist_orders"), header("olist_orders_dataset.csv"))
    )
    assert sentence.endswith(
        "This preset reads a folder with olist_orders_dataset.csv, olist_order_payments_dataset.csv, "
        "olist_customers_dataset.csv."
    )


# rows that are purchases


def test_further_line_items_of_a_shopify_order_are_no_purchases():
    purchases, others = kept("shopify_orders")
    assert [row["Name"] for row in purchases] == ["#1001", "#1002", "#1003", "#1007", "#1008"]
    assert [row["Name"] for row in others if not row["Financial Status"]] == ["#1001", "#1003", "#1003"]
    states = [row["Financial Status"] for row in others if row["Financial Status"]]
    assert states == ["refunded", "voided", "pending"]


def test_only_won_deals_of_zoho_are_purchases_and_a_renamed_account_is_one_customer():
    purchases, others = kept("zoho_deals")
    assert {row["Stage"] for row in purchases} == {"Closed Won"}
    assert (len(purchases), len(others)) == (5, 3)
    renamed = [row for row in purchases if row["Account Name"].startswith("Alder")]
    assert {row["Account Name"] for row in renamed} == {"Alder Ltd", "Alder Limited"}
    assert {row["Account Name.id"] for row in renamed} == {"zcrm_6000000000071"}


def test_orders_of_fxiaoke_that_are_not_in_force_are_no_purchases():
    purchases, others = kept("fxiaoke_orders")
    assert [row["生命状态"] for row in purchases] == ["正常", "变更中", "正常", "正常"]
    assert [row["生命状态"] for row in others] == ["未生效", "作废", "审核中"]


def test_conditions_take_the_other_name_of_their_column():
    columns = ["客户名称", "预计成交日期", "金额", "阶段"]
    preset = presets.find("zoho_deals")
    assert presets.conditions(preset, columns) == {"阶段": ["Closed Won", "成交", "赢单"]}
    assert presets.conditions(presets.find("generic"), columns) == {}


# Olist: three files and one query


@pytest.fixture(scope="module")
def olist() -> list[dict]:
    """The rows that the query of the preset makes of the made-up folder, all columns read as text."""
    preset = presets.find("olist_orders")
    connection = duckdb.connect()
    for key, file in preset.files.items():
        path = str(DATA / file)
        connection.execute(f"create table {key} as from read_csv(?, all_varchar = true)", [path])
    result = connection.execute(preset.query)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in sorted(result.fetchall(), key=lambda row: row[3])]


def test_every_olist_order_is_there_once_and_the_customer_is_the_person(olist):
    assert [row["invoice"] for row in olist] == [f"o{number}" for number in range(1, 9)]
    assert [row["customer"] for row in olist] == ["u1", "u1", "u2", "u2", "u3", "u1", "u3", None]


def test_payments_of_an_olist_order_are_summed_to_the_cent(olist):
    amounts = {row["invoice"]: row["amount"] for row in olist}
    assert [Decimal(amounts[order]) for order in ("o1", "o2", "o3", "o4", "o7")] == [
        Decimal(paid) for paid in ("38.71", "141.46", "55.00", "0.30", "70.00")
    ]


def test_an_olist_order_without_payment_has_no_amount_and_a_broken_payment_is_not_left_out(olist):
    amounts = {row["invoice"]: row["amount"] for row in olist}
    assert amounts["o5"] is None
    assert amounts["o6"] is None
    assert sorted(amounts["o8"].split(" + ")) == ["33.30", "n/a"]


def test_the_query_of_olist_fits_its_own_preset(olist):
    preset = presets.find("olist_orders")
    found = presets.resolve(preset, list(olist[0]))
    assert found == {"customer": "customer", "date": "date", "amount": "amount", "invoice": "invoice"}
    where = presets.conditions(preset, list(olist[0]))
    bought = [row["invoice"] for row in olist if row["order_status"] in where["order_status"]]
    assert bought == ["o1", "o2", "o4", "o5", "o8"]


def test_the_query_of_olist_also_takes_typed_tables():
    preset = presets.find("olist_orders")
    connection = duckdb.connect()
    for key, file in preset.files.items():
        connection.execute(f"create table {key} as from read_csv(?)", [str(DATA / file)])
    connection.execute(
        "create or replace table payments as select 'o4' order_id, unnest([0.1, 0.2]) payment_value"
    )
    amounts = dict(connection.execute(f"select invoice, amount from ({preset.query})").fetchall())
    assert Decimal(amounts["o4"]) == Decimal("0.30")


def test_an_olist_id_that_stands_for_two_persons_has_no_customer():
    connection = duckdb.connect()
    connection.execute("create table orders as select 'o1' order_id, 'c1' customer_id, "
                       "'delivered' order_status, '2018-01-01' order_purchase_timestamp")  # fmt: skip
    connection.execute("create table payments as select 'o1' order_id, '5.00' payment_value")
    connection.execute("create table customers as from (values ('c1', 'u1'), ('c1', 'u2'))"
                       " as people(customer_id, customer_unique_id)")  # fmt: skip
    rows = connection.execute(presets.find("olist_orders").query).fetchall()
    assert rows == [(None, "2018-01-01", "5.0000", "o1", "delivered")]


# detecting


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_told_by_its_columns_and_the_generic_preset_comes_last(name):
    found = fitting(header(EXPORTS[name]))
    assert found[0] == name
    assert "generic" not in found[:-1]


def test_the_main_file_of_olist_is_told_before_anyone_takes_its_customer_id_for_a_person():
    assert fitting(header("olist_orders_dataset.csv")) == ["olist_orders"]
    assert fitting(header("olist_customers_dataset.csv")) == []


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["customer_id", "date", "amount"], ["generic"]),
        (["customer", "date", "amount", "invoice", "order_status"], ["generic"]),
        (["Email", "Created at", "Total", "Financial Status"], ["generic"]),
        (["Account Name", "Close Date", "Amount", "Stage"], []),
        (["customer_id", "date"], []),
        ([], []),
    ],
)
def test_a_preset_whose_columns_are_not_all_there_is_not_named(columns, expected):
    assert fitting(columns) == expected


# guessing


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("order_id,customer_id,update_time,order_date,unit price,quantity,total",
         "customer_id order_date total order_id"),
        ("order_id,update_time,order_date,quantity,unit price", "- order_date - order_id"),
        ("update_time,shopper_ref,purchased,total_paid", "shopper_ref - total_paid -"),
        ("transactionId,customerRef,txnDate,lastUpdated,unitPrice,netTotal",
         "customerRef txnDate netTotal transactionId"),
        ("Invoice,StockCode,Quantity,InvoiceDate,Price,Customer ID", "Customer_ID InvoiceDate - Invoice"),
        ("订单编号,买家会员名,总金额,买家实际支付金额,订单创建时间,订单付款时间",
         "买家会员名 订单创建时间 买家实际支付金额 订单编号"),
        ("客户编码(ERP),开单日期,修改时间,数量,单价,含税总价", "客户编码(ERP) 开单日期 含税总价 -"),
        ("Bestell-Nr.,Kunden-Nr.,Bestelldatum,Lieferdatum,Menge,Gesamtbetrag (EUR)",
         "Kunden-Nr. Bestelldatum Gesamtbetrag_(EUR) Bestell-Nr."),
        ("N° commande,Code client,Date de livraison,Date de la commande,Montant TTC",
         "Code_client Date_de_la_commande Montant_TTC N°_commande"),
        ("Nº pedido,ID cliente,Fecha de entrega,Fecha,Cantidad,Importe", "ID_cliente Fecha Importe Nº_pedido"),
        ("customer_city,customer_type,customer_since,client,birth_date,day,discount_amount", "client day - -"),
        ("a,b,c", "- - - -"),
    ],
)  # fmt: skip
def test_columns_are_guessed_from_usual_names_and_telling_words(columns, expected):
    told = guessed(columns.split(","))
    assert " ".join(told.get(role, "-").replace(" ", "_") for role in presets.ROLES) == expected


def test_a_guess_says_why():
    told = presets.guess(["cust_ref", "order_date", "Betrag netto"])
    assert told == {
        "customer": ("cust_ref", 'its name has the word "cust"'),
        "date": ("order_date", "a usual name"),
        "amount": ("Betrag netto", 'its name has the word "betrag"'),
    }


def test_no_column_gets_two_roles():
    told = guessed(["customer_order_total", "order_total"])
    assert len(set(told.values())) == len(told)


# describing


def test_a_preset_is_described_in_plain_text():
    assert presets.describe("fxiaoke_orders") == (
        "fxiaoke_orders: Fxiaoke, export of sales orders (纷享销客 销售订单导出)\n"
        "\n"
        "Columns, the first that is there\n"
        "  customer: 客户名称\n"
        "  date: 下单日期\n"
        "  amount: 销售订单金额, 订单金额\n"
        "  invoice: 销售订单编号, 订单编号\n"
        "\n"
        "Rows that are purchases\n"
        "  生命状态: 正常, 变更中\n"
        "\n"
        "Policies\n"
        '  refunds="net"\n'
        "\n"
        "For you to choose\n"
        "  where: If 生命状态 is not in the export, export it too, or pass where={} when only orders in force\n"
        "    are in it.\n"
        "\n"
        "Names seen in\n"
        "  a public program that reads sales orders (SalesOrderObj) and gives the label of every field\n"
        "  public source code of modules for Fxiaoke (the life status 未生效, 审核中, 正常, 变更中, 作废)\n"
        "\n"
        "Verified: no\n"
        "  not verified on a real export. The customer is a name, and two customers of one name fall\n"
        '    together: if the export has a column of ids, name it with customer="…". The amount is what\n'
        "    was ordered; 已退款金额(元) and 退货单金额(元) are columns of their own, which one amount column cannot\n"
        "    take off."
    )


@pytest.mark.parametrize("name", presets.load())
def test_every_description_names_columns_rows_and_sources(name):
    text = presets.describe(name)
    for head in ("Columns, the first that is there", "Rows that are purchases", "Policies", "Names seen in"):
        assert f"\n{head}\n" in text
    assert "Verified: yes" in text if presets.find(name).verified else "Verified: no" in text


def test_an_unknown_preset_cannot_be_described():
    assert message(lambda: presets.describe("olist")).startswith(
        'There is no preset "olist". Did you mean "olist_orders"?'
    )
