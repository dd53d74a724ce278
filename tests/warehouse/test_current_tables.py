"""The current tables of the dbt package: the same, however often and in whatever order rows have come."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.warehouse.targets import JsonLines
from tests.warehouse.transform import Built

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from random import Random

    Line = dict[str, Any]

# A build takes seconds, whatever it builds: so it builds many accounts at once.
_ACCOUNTS, _BUILDS = 100, 1
_SHARE = 0.6
_BEGIN = datetime(2026, 1, 5, 12)  # noqa: DTZ001 all are of UTC
_HOUR = timedelta(hours=1)
_OLD = "2020-01-01T00:00:00Z"
_SELECTED = "stg_jobber__invoices stg_jobber__invoice_line_items stg_jobber__visits stg_jobber__visit_line_items"
_KEYS = {
    "invoices": ("id",),
    "invoice_line_items": ("invoice_id", "id"),
    "visits": ("id",),
    "visit_line_items": ("visit_id", "id"),
}


@dataclass
class Read:
    """A run of the tap: what it writes, each line with the stream that it belongs to.

    Attributes:
        lines: The lines in the order in which they are written.
    """

    lines: list[tuple[str, Line]] = field(default_factory=list)


@dataclass
class Account:
    """An account that has been read several times.

    Attributes:
        files: What has come of it, by stream and file: lines repeated, and late.
        current: The keys and subjects or titles of the rows that it has at the end, by stream.
    """

    files: dict[str, list[list[Line]]]
    current: dict[str, set[tuple[str, ...]]]


def _account(chance: Random, number: int) -> Account:
    """Return an account whose invoices are read when they change, beside their ids, and whose visits are read whole."""
    invoices: dict[str, tuple[int, set[str]]] = {}
    visits: dict[str, tuple[int, set[str]]] = {}
    reads: list[Read] = []
    for place in range(chance.randint(1, 4)):
        changed = _some(chance, ("i1", "i2", "i3"))
        invoices.update({name: (place, _some(chance, "abc")) for name in sorted(changed)})
        visits = {name: (place, _some(chance, "abc")) for name in sorted(_some(chance, ("v1", "v2", "v3")))}
        again = _some(chance, sorted(invoices))
        for name in sorted(invoices)[chance.randint(1, 3) :]:
            del invoices[name]
        read = Read()
        for name in sorted((changed | again) & invoices.keys()):
            _write(read, number, place, "invoices", name, invoices[name])
        for name in sorted(visits):
            _write(read, number, place, "visits", name, visits[name])
        begun = _BEGIN + place * 24 * _HOUR
        listed = {"accountId": f"{number}", "readAt": _text(begun), "_sdc_extracted_at": _text(begun)}
        every = [{"id": f"{number}-{name}", "readCount": len(invoices), **listed} for name in sorted(invoices)]
        read.lines += [("invoice_ids", line) for line in every]
        done = {
            "accountId": f"{number}",
            "stream": "",
            "readFrom": _text(begun),
            "_sdc_extracted_at": _text(begun + _HOUR),
        }
        read.lines += [("complete_reads", {**done, "stream": name}) for name in ("visits", "visit_line_items")]
        reads.append(read)
    current: dict[str, set[tuple[str, ...]]] = {
        "invoices": {(f"{number}-{name}", f"{version}") for name, (version, _) in invoices.items()},
        "visits": {(f"{number}-{name}", f"{version}") for name, (version, _) in visits.items()},
        "invoice_line_items": _lines_of(number, invoices),
        "visit_line_items": _lines_of(number, visits),
    }
    return Account(_arrivals(reads, chance), current)


def _some(chance: Random, names: Sequence[str]) -> set[str]:
    return {name for name in names if chance.random() < _SHARE}


def _lines_of(number: int, owners: dict[str, tuple[int, set[str]]]) -> set[tuple[str, ...]]:
    return {(f"{number}-{name}", line, f"{version}") for name, (version, lines) in owners.items() for line in lines}


def _write(read: Read, number: int, place: int, stream: str, name: str, state: tuple[int, set[str]]) -> None:
    """Write a row, and then the rows of its list, as they are since an earlier read or this one."""
    version, lines = state
    moment = _BEGIN + place * 24 * _HOUR + timedelta(seconds=len(read.lines) + 1)
    changed = _text(_BEGIN + version * 24 * _HOUR - _HOUR)
    added = {"accountId": f"{number}", "_sdc_extracted_at": _text(moment)}
    own, items = f"{number}-{name}", f"{stream.removesuffix('s')}_line_items"
    if stream == "invoices":
        read.lines.append(
            (stream, {"id": own, "subject": f"{version}", "createdAt": _OLD, "updatedAt": changed, **added})
        )
        of = {"invoiceId": own, "invoiceUpdatedAt": changed}
    else:
        read.lines.append((stream, {"id": own, "title": f"{version}", **added}))
        of = {"visitId": own}
    read.lines += [(items, {**of, "id": line, "name": f"{version}", **added}) for line in sorted(lines)]


def _text(moment: datetime) -> str:
    # Python leaves out a fraction of nothing, as some loaders do.
    return f"{moment.isoformat()}Z" if moment.second % 2 else f"{moment.isoformat()}.000000+00:00"


def _arrivals(reads: Sequence[Read], chance: Random) -> dict[str, list[list[Line]]]:
    """Return the lines of reads by stream and file: some batches more than once, in whatever order."""
    batches = [*reads, *chance.choices(reads, k=chance.randrange(3))]
    chance.shuffle(batches)
    found: dict[str, list[list[Line]]] = defaultdict(lambda: [[], []])
    for batch in batches:
        for stream, line in chance.sample(batch.lines, len(batch.lines)):
            found[stream][chance.randrange(2)].append(line)
    return dict(found)


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return new directories."""
    return (tmp_path_factory.mktemp("current") / "home" for _ in iter(int, 1))


@settings(
    max_examples=_BUILDS,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(chance=st.randoms(use_true_random=True))
def test_rows_that_come_again_or_late_change_nothing(homes: Iterator[Path], chance: Random) -> None:
    target = JsonLines(next(homes))
    every = [_account(chance, number) for number in range(_ACCOUNTS)]
    assert sum(len(account.current["invoice_line_items"]) for account in every) > _ACCOUNTS
    files: dict[str, str] = defaultdict(str)
    for account in every:
        for stream, parts in account.files.items():
            for place, lines in enumerate(parts):
                files[f"{stream}-2026010{place}T000000.jsonl"] += "".join(f"{json.dumps(line)}\n" for line in lines)
    files["account.jsonl"] = "".join(f'{{"id": "{number}", "accountId": "{number}"}}\n' for number in range(_ACCOUNTS))
    for name, text in files.items():
        (target.home / name).write_text(text, encoding="utf-8")
    built = Built(target, "run", "--select", *(f"+{name}" for name in _SELECTED.split()))
    found = built.ask({name: _statement(built, name) for name in _KEYS})
    for name, rows in found.items():
        wanted = {row for account in every for row in account.current[name]}
        assert sorted(tuple(row) for row in rows) == sorted(wanted), name


def _statement(built: Built, name: str) -> str:
    shown = {"invoices": "subject", "visits": "title"}.get(name, "name")
    return f"select {', '.join(_KEYS[name])}, {shown} from {built.table(name)}"  # noqa: S608 - our own names
