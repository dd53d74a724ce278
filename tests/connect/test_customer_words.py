"""The page's words for customers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tap_jobber.connect.customer_words import ending, further_permissions, permissions_to_read, title
from tap_jobber.connect.html_pages import HtmlPages
from tap_jobber.credentials.stores.location import open_store
from tap_jobber.credentials.stores.record import Sync
from tests.connect.harness import location, serving, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from jobber_sandbox.server import Running
    from tests.connect.harness import Site

ERROR = "Jobber refused the query: check api_version, then run tap-jobber --login"


def test_scopes() -> None:
    scopes = ("read_clients", "read_products_and_services", "write_clients", "odd")
    assert [tuple(each) for each in permissions_to_read(scopes)] == [
        ("Clients, their contacts, properties and notes", "read_clients"),
        ("Products and services", "read_products_and_services"),
    ]
    assert [tuple(each) for each in further_permissions(scopes)] == [
        ("Write: clients", "write_clients"),
        ("Odd", "odd"),
    ]
    assert title("job_line_items") == "Job line items"


@pytest.mark.parametrize(
    ("exit_status", "incomplete", "begins"),
    [
        (0, {}, None),
        (1, {}, "Something went wrong on our side."),
        (None, {}, "Something went wrong on our side."),
        (4, {"job_line_items": ERROR}, "Not all could be read of: job line items."),
        (4, dict.fromkeys("abcdef", ERROR), "Not all could be read of: a, b, c and 3 others."),
        (4, {}, "Not all could be read."),
        (75, {}, "Jobber could not be reached"),
        (77, {}, "Jobber did not allow it."),
        (143, {}, "It was stopped before its end."),
    ],
)
def test_an_ending_is_told_without_words_of_operators(
    exit_status: int | None, incomplete: dict[str, str], begins: str | None
) -> None:
    told = ending(Sync(1.0, 2.0, {}, None if exit_status == 0 else ERROR, incomplete, exit_status))
    assert (told or "").startswith(begins or "")
    assert (told is None) is (begins is None)
    for word in ("api_version", "tap-jobber", "status", "query"):
        assert word not in (told or "")


def test_the_page_says_what_is_read(site: Site) -> None:
    visitor = site.visitor()
    visitor.connect()
    store = open_store(site.store)
    (record,) = store.records()
    pages = {}
    for scopes in (("read_clients", "read_jobs"), ("read_clients", "write_clients"), ()):
        store.update(record, lambda each, scopes=scopes: replace(each, scopes=scopes))  # type: ignore[misc]
        pages[scopes] = text_of(visitor.get("/connection"))
    reads, writes, unknown = pages.values()
    assert "Read only: nothing in your Jobber account is changed. Clients, their contacts" in reads
    assert "Jobs read_jobs" in reads
    assert "Read only" not in writes
    assert "more than to read: Write: clients write_clients" in writes
    assert "Read only" not in unknown
    for page in pages.values():
        assert "API version" not in page


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("America/Denver", "01 Mar 2026, 19:00 MST"),
        ("Asia/Kolkata", "02 Mar 2026, 07:30 IST"),
        (None, "02 Mar 2026, 02:00 UTC"),
        ("Mars/Olympus", "02 Mar 2026, 02:00 UTC"),
        ("../../etc/passwd", "02 Mar 2026, 02:00 UTC"),
        ("", "02 Mar 2026, 02:00 UTC"),
    ],
)
def test_times_are_in_the_zone_of_the_installer(site: Site, zone: str | None, said: str) -> None:
    visitor = site.visitor()
    visitor.connect()
    store = open_store(site.store)
    (record,) = store.records()
    assert record.installer is not None
    changed = replace(record, installer=replace(record.installer, timezone=zone), connected_at=1_772_416_800.0)
    store.update(record, lambda _: changed)
    assert f"Since {said}" in text_of(visitor.get("/connection"))


def test_jobber_tells_the_zone(site: Site) -> None:
    site.visitor().connect()
    assert site.record()["installer"]["timezone"].count("/") == 1


def test_one_s_own_deny_is_no_fault(site: Site) -> None:
    visitor = site.visitor()
    page = visitor.get(location(visitor.authorise(decision="deny")))
    assert page.status_code == 200
    assert 'role="status"' in page.text
    assert "problem" not in page.text


def test_links_of_the_operator_are_on_every_page(jobber: Running, tmp_path: Path) -> None:
    links = {"contact_url": "mailto:help@example.com?subject=a&body=b", "privacy_url": "https://example.com/privacy"}
    with serving(jobber, tmp_path / "tokens.json", **links) as site:
        visitor = site.visitor()
        for path in ("/", "/connection", "/nowhere"):
            page = visitor.get(path)
            assert 'href="mailto:help@example.com?subject=a&amp;body=b"' in page.text
            assert 'href="https://example.com/privacy"' in page.text
    assert b"<footer>" not in bytes(HtmlPages("Northwind Reports").page("home.html").body)
