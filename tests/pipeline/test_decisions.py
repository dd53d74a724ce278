"""Decisions of a pipeline: exit statuses, which states are kept, how output is cut into lines."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_jobber.errors import TapError, TryLaterError
from tap_jobber.pipeline.exit_status import Ends, exit_status, portable
from tap_jobber.pipeline.kept_state import KeptState, older_bookmarks
from tap_jobber.pipeline.state_places import without_password
from tap_jobber.pipeline.target_lines import Lines

OURS, OTHERS = {"Z2lkOi8vSm9iYmVyL0FjY291bnQvMQ==": "Maple"}, {"Z2lkOi8vSm9iYmVyL0FjY291bnQvMg==": "Elm"}
NOW = 1_800_000_000.0
FULL = TryLaterError("the disk is full", "make room")


@pytest.mark.parametrize(
    ("ends", "status", "words"),
    [
        (Ends(tap=0, target=0), 0, ""),
        (Ends(tap=4, target=0), 4, ""),
        (Ends(tap=77, target=0), 77, ""),
        (Ends(tap=75, target=1), 75, ""),
        # A target that fails because nothing came says nothing new.
        (Ends(tap=1, target=1), 1, ""),
        (Ends(tap=77, target=3), 77, ""),
        (Ends(tap=137, target=0), 137, ""),
        (Ends(tap=0, target=1), 75, "target has failed with status 1"),
        (Ends(tap=4, target=137), 75, "target has failed with status 137"),
        # The tap only says that nothing reads it any more, or was told so.
        (Ends(tap=1, target=1, has_target_left=True), 75, "target has failed"),
        (Ends(tap=143, target=1, has_target_left=True), 75, "target has failed"),
        (Ends(tap=77, target=1, has_target_left=True), 77, ""),
        (Ends(tap=1, target=0, has_target_left=True), 1, "ended before the tap"),
        (Ends(tap=0, target=0, has_target_left=True), 0, ""),
        (Ends(tap=143, target=0, stopped_by=15), 143, "stopped"),
        (Ends(tap=130, target=143, stopped_by=2), 130, "stopped"),
        (Ends(tap=0, target=143, stopped_by=15), 143, "stopped"),
        # It came too late to stop anything.
        (Ends(tap=0, target=0, stopped_by=15), 0, ""),
        (Ends(tap=0, target=0, state_failure=FULL), 75, "last state is not kept"),
        (Ends(tap=4, target=0, state_failure=TapError("read only", "mend it")), 1, "last state is not kept"),
        (Ends(tap=77, target=0, state_failure=FULL), 77, ""),
    ],
)
def test_the_exit_status_says_whose_turn_it_is(ends: Ends, status: int, words: str) -> None:
    found, line = exit_status(ends)
    assert (found, words in line, bool(line)) == (status, True, bool(words))


def test_an_exit_status_is_the_one_that_a_shell_gives() -> None:
    assert [portable(each) for each in (0, 1, -9, -15)] == [0, 1, 137, 143]


@given(st.lists(st.binary(max_size=9).filter(lambda line: b"\n" not in line)), st.lists(st.integers(0, 60)))
def test_lines_do_not_depend_on_the_pieces_they_come_in(expected: list[bytes], cuts: list[int]) -> None:
    text = b"\n".join(expected)
    ends = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    lines = Lines()
    found = [line for begin, end in pairwise(ends) for line in lines.feed(text[begin:end])]
    assert [*found, *lines.rest()] == ([*expected[:-1], *([expected[-1]] if expected[-1] else [])] if expected else [])


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    lines = Lines(most_bytes=1000)
    assert [line for _ in range(1000) for line in lines.feed(b"x" * 999)] == []
    assert [len(each) < 1000 for each in lines.feed(b"\n{}\n")] == [True, True]
    assert lines.feed(b"{}\n") == [b"{}"]


class Place:
    """A place in memory, which can be full."""

    label = "state.json"

    def __init__(self, content: bytes | None = None) -> None:
        self.content, self.is_full, self.writes = content, False, 0

    def read(self) -> bytes | None:
        """Return the content."""
        return self.content

    def check(self) -> None:
        """Do nothing."""

    def write(self, content: bytes) -> None:
        """Replace the content."""
        if self.is_full:
            raise FULL
        self.content, self.writes = content, self.writes + 1


def state(day: int, accounts: dict[str, str] | None = None, **bookmarks: Any) -> bytes:
    clients = {"replication_key": "updatedAt", "replication_key_value": f"2026-01-{day:02}T00:00:00Z"}
    named = OURS if accounts is None else accounts
    return json.dumps({"bookmarks": {"clients": clients, **bookmarks}, "accounts": named}).encode()


def kept(place: Place, *, is_full_refresh: bool = False) -> KeptState:
    return KeptState(place, place.content, is_full_refresh=is_full_refresh, clock=lambda: NOW)


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b"3", b"done", b"\xff\xfe", b"", b'{"type": "STATE"}', b'{"bookmarks": 3}', b"[" * 100_000]
)
def test_what_is_no_state_is_not_kept(line: bytes) -> None:
    place = Place(state(1))
    kept(place).take([line])
    assert place.content == state(1)


@pytest.mark.parametrize(
    ("held", "new", "lacking"),
    [
        (state(2), state(1), ["clients"]),
        (state(2), state(2), []),
        (state(2), b"{}", ["clients"]),
        (state(2, users={}), state(2), []),
        (state(2, users={"readAt": "2026-01-01T00:00:00Z"}), state(3), ["users"]),
        # What begins anew has no bookmark for a while; a wrong clock has set one that lies in the future.
        (state(2), b'{"bookmarks": {"clients": {"read": {"began": "2026-01-03T00:00:00Z"}}}}', []),
        (state(2).replace(b"2026", b"2126"), state(1), []),
        (state(2).replace(b"updatedAt", b"createdAt"), state(1), []),
        (state(2).replace(b"2026", b"soon"), state(1), []),
    ],
)
def test_no_state_gives_way_to_an_older_one(held: bytes, new: bytes, lacking: list[str]) -> None:
    assert older_bookmarks(json.loads(held), json.loads(new), NOW) == lacking
    place = Place(held)
    kept(place).take([new])
    assert place.content == (held if lacking else new + b"\n")
    refreshed = Place(held)
    again = kept(refreshed, is_full_refresh=True)
    again.take([state(1), b"noise"])
    again.take([b"{}"])
    assert refreshed.content == state(1) + b"\n"


def test_of_several_states_the_last_is_kept() -> None:
    place = Place()
    kept(place).take([state(1), state(3), b"noise", b""])
    assert (place.content, place.writes) == (state(3) + b"\n", 1)


@pytest.mark.parametrize("is_full_refresh", [False, True])
def test_another_accounts_state_is_left_alone(*, is_full_refresh: bool) -> None:
    place = Place(state(1))
    keeping = kept(place, is_full_refresh=is_full_refresh)
    with pytest.raises(TapError, match=r"account .*MQ==, and this run of .*Mg==: give each"):
        keeping.take([state(2, OTHERS)])
    with pytest.raises(TapError):
        keeping.check_account(*OTHERS)
    keeping.check_account(*OURS)
    assert place.content == state(1)


def test_what_could_not_be_written_is_written_later() -> None:
    place = Place(state(1))
    keeping = kept(place)
    place.is_full = True
    keeping.take([state(2)])
    assert str(keeping.failure) == str(FULL)
    place.is_full = False
    keeping.finish()
    assert place.content == state(2) + b"\n"
    assert keeping.failure is None


@pytest.mark.parametrize("meanwhile", [None, state(5), state(0)])
def test_what_something_else_has_written_stays(meanwhile: bytes | None) -> None:
    place = Place(state(1))
    keeping = kept(place)
    place.content = meanwhile
    keeping.take([state(2)])
    keeping.finish()
    assert place.content == meanwhile
    assert "one run of an account" in str(keeping.failure)


def test_a_location_is_shown_without_its_password() -> None:
    assert without_password("sftp://me:secret@host/1.json") == "sftp://host/1.json"
    assert without_password("s3://bucket/a@b.json") == "s3://bucket/a@b.json"
