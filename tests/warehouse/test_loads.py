"""A warehouse after one load and after the next: every row, each value, and unchanged rows untouched."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.e2e import truth
from tests.warehouse.account import DATABASES, NAMES, PRICES, WHOLE
from tests.warehouse.targets import Postgres

if TYPE_CHECKING:
    from tests.warehouse.account import Account, Messages, Row
    from tests.warehouse.conftest import Loaded

PLAIN = [(kind, "plain") for kind in DATABASES]
DELETED = "_sdc_deleted_at"


def without_marks(row: Row) -> Row:
    """Return a row without what says that it is gone."""
    return {name: value for name, value in row.items() if name != DELETED}


def activated(loaded: Loaded) -> set[str]:
    """Return the streams of which the second load was complete, and said so."""
    return {each["stream"] for each in loaded.runs[1].every if each["type"] == "ACTIVATE_VERSION"}


def test_every_stream_has_a_table(loaded: Loaded) -> None:
    names = NAMES[loaded.shape]
    assert set(loaded.before) == set(loaded.after) == {*names, "complete_reads"}
    filled = {name for name, table in loaded.before.items() if table}
    assert filled == {name for name, rows in loaded.runs[0].rows.items() if rows}
    assert len(filled) > len(names) / 2


def test_the_first_load_brings_each_row_and_value(loaded: Loaded) -> None:
    first = loaded.runs[0]
    for name, rows in first.rows.items():
        assert set(loaded.before[name]) == set(rows), name
        for key, row in rows.items():
            assert_same(loaded, first, name, row, loaded.before[name][key])


def test_the_second_load_changes_what_has_changed_and_nothing_else(loaded: Loaded, account: Account) -> None:
    second = loaded.runs[1]
    for name, before in loaded.before.items():
        after, new = loaded.after[name], second.rows[name]
        for key in new:
            assert_same(loaded, second, name, new[key], after[key])
        for key in set(after) - set(new):
            assert without_marks(after[key]) == without_marks(before[key]), (name, key)
    for name in account.edited.keys() & loaded.before.keys():
        edited = account.edited[name]
        assert {(each,) for each in edited} <= set(second.rows[name])
        if name in truth.INCREMENTAL:
            assert len(second.rows[name]) < len(loaded.before[name])


def test_what_is_gone_is_marked_or_removed_where_the_target_can(loaded: Loaded) -> None:
    complete = activated(loaded)
    removes = isinstance(loaded.target, Postgres) and loaded.target.settings["hard_delete"]
    marks = isinstance(loaded.target, Postgres) and not removes
    for name, after in loaded.after.items():
        new = set(loaded.runs[1].rows[name])
        stale = set(loaded.before[name]) - new if name in complete else set()
        assert {key for key, row in after.items() if row.get(DELETED)} == (stale if marks else set()), name
        assert set(after) == (set(loaded.before[name]) | new) - (stale if removes else set()), name


def test_the_keys_are_those_of_the_account(loaded: Loaded, account: Account) -> None:
    assert all(account.gone[name] for name in WHOLE if name != "properties")
    for name in account.there.keys() & loaded.after.keys():
        assert set(loaded.after[name]) - account.gone[name] == account.there[name], name


@pytest.mark.parametrize("loaded", PLAIN, indirect=True, ids="-".join)
def test_amounts_are_exact(loaded: Loaded) -> None:
    priced = 'select cast("unitPrice" as decimal(18, 2)) as price from invoice_line_items'
    stored = [Decimal(each["price"]) for each in loaded.target.query(priced)]
    assert {Decimal(price) for price in PRICES} <= set(stored)
    total = 'select sum(cast("unitPrice" as decimal(18, 2))) as total from invoice_line_items'
    assert Decimal(loaded.target.query(total)[0]["total"]) == sum(stored)


TYPES = {
    "target-duckdb": ("DOUBLE", "HUGEINT", "TIMESTAMP", "JSON", "JSON", "JSON"),
    "target-postgres": ("numeric", "int8", "timestamp", "jsonb", "_jsonb", "_text"),
}
"""The types that docs/warehouses.md names, in the order of these columns."""
TYPED = (
    ("invoice_line_items", "unitPrice"),
    ("client_ids", "readCount"),
    ("clients", "createdAt"),
    ("invoices", "amounts"),
    ("clients", "emails"),
    ("custom_field_configurations", "dropdownOptions"),
)


@pytest.mark.parametrize("loaded", PLAIN, indirect=True, ids="-".join)
def test_columns_have_the_types_that_the_page_names(loaded: Loaded) -> None:
    column = "udt_name" if isinstance(loaded.target, Postgres) else "data_type"
    sql = f"select table_name, column_name, {column} as type from information_schema.columns"  # noqa: S608 - our own
    types = {(row["table_name"], row["column_name"]): row["type"] for row in loaded.target.query(sql)}
    found = tuple(types[table, loaded.target.column(name)] for table, name in TYPED)
    assert found == TYPES[loaded.target.name]


def assert_same(loaded: Loaded, run: Messages, name: str, sent: Row, stored: Row) -> None:
    """Assert that a row is stored as it was sent."""
    properties = run.schemas[name]["schema"]["properties"]
    # A target that has a column of that name itself writes down its own time of the same moment.
    for column, value in ((name, value) for name, value in sent.items() if name != "_sdc_extracted_at"):
        described = properties[column]
        there = stored.get(loaded.target.column(column))
        assert loaded.target.is_same(described, value, there), (name, column, value, there)
