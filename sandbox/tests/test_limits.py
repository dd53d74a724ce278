"""The bucket of points and the limiter of requests, by a clock that the test turns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from asking import VERSION, Asker, asking
from jobber_sandbox.bucket import Bucket
from jobber_sandbox.options import Options
from jobber_sandbox.request_limiter import Limiter


class Clock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.seconds = 1_000_000_000.0

    def __call__(self) -> float:
        """Return the time on the clock."""
        return self.seconds


def test_bucket_restores_500_points_a_second_up_to_its_size() -> None:
    clock = Clock()
    bucket = Bucket(clock)
    bucket.charge(9_000)
    assert bucket.status().available_points == 1_000
    assert not bucket.fits(1_001)
    clock.seconds += 2
    assert bucket.status() == (10_000, 2_000, 500)
    clock.seconds += 3_600
    assert bucket.status().available_points == 10_000
    assert not bucket.fits(10_001)


def test_speed_multiplies_the_restore_rate() -> None:
    clock = Clock()
    bucket = Bucket(clock, speed=4)
    bucket.drain()
    clock.seconds += 1
    assert bucket.status() == (10_000, 2_000, 2_000)


@given(some.lists(some.tuples(some.integers(0, 20_000), some.floats(0, 100)), max_size=20))
def test_bucket_stays_between_empty_and_full(steps: list[tuple[int, float]]) -> None:
    clock = Clock()
    bucket = Bucket(clock)
    for points, seconds in steps:
        bucket.charge(points)
        clock.seconds += seconds
        assert 0 <= bucket.status().available_points <= 10_000


def test_limiter_refuses_what_is_too_much_for_a_window() -> None:
    clock = Clock()
    limiter = Limiter(clock, maximum_requests=3, window_seconds=300)
    assert [limiter.admit() for _ in range(4)] == [True, True, True, False]
    clock.seconds += 300
    assert limiter.admit()
    assert all(Limiter(clock, maximum_requests=0).admit() for _ in range(10))


def test_limiter_answers_429_in_plain_text() -> None:
    with asking(Options(world="hostile", scale=0.05, max_requests=2)) as asker:
        assert [asker.post("{account{id}}").status_code for _ in range(3)] == [200, 200, 429]
        refused = asker.post("{account{id}}")
        assert refused.headers["Content-Type"].startswith("text/plain")
        assert "Retry-After" not in refused.headers


def test_throttled_for_now(asker: Asker) -> None:
    asker.admin("drain", {"points": 10})
    answer = asker.post("{clients(first: 100){nodes{id name firstName lastName}}}")
    body = answer.json()
    assert answer.status_code == 200
    assert "data" not in body
    assert body["errors"][0]["message"] == "Throttled"
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    cost = body["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (402, 0)
    assert cost["throttleStatus"]["maximumAvailable"] == 10_000
    assert cost["throttleStatus"]["currentlyAvailable"] < 402
    assert body["extensions"]["versioning"] == {"version": VERSION}


def test_throttled_for_ever_and_actual_price_charged(asker: Asker) -> None:
    body = asker.ask("{jobs{nodes{lineItems{nodes{id name}}}}}")
    assert body["extensions"]["cost"]["requestedQueryCost"] == 2 + 100 * 202
    assert body["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 10_000
    assert "data" not in body
    body = asker.ask("{jobs(first: 50){nodes{lineItems{nodes{id}}}}}")
    cost = body["extensions"]["cost"]
    assert 0 < cost["actualQueryCost"] < cost["requestedQueryCost"] == 2 + 50 * 102
    assert cost["throttleStatus"]["currentlyAvailable"] <= 10_000 - cost["actualQueryCost"] + 500


def test_accounts_have_buckets_of_their_own() -> None:
    with asking(Options(world="hostile", scale=0.05, accounts=2)) as asker:
        asker.admin("drain", {"points": 0})
        other = asker.admin("tokens", {"account": 2})
        asker.access_token = other["access_token"]
        status = asker.ask("{account{id}}")["extensions"]["cost"]["throttleStatus"]
        assert status["currentlyAvailable"] == 9_998


def test_the_clock_can_be_moved_forward() -> None:
    with asking(Options(world="hostile", scale=0.02)) as asker:
        before = asker.admin("state", method="GET")["now"]
        moved = asker.admin("clock", {"seconds": 86_400})["now"]
        assert 86_400 <= moved - before < 86_400 + 60
        assert asker.admin("clock", {"seconds": -1})["message"].startswith("seconds is")
        assert asker.admin("clock", {"seconds": "a day"})["message"].startswith("seconds is")
        assert asker.admin("state", method="GET")["now"] - moved < 60


def test_the_points_of_one_account_come_back_at_another_pace() -> None:
    with asking(Options(scale=0.02, accounts=2)) as asker:
        assert asker.admin("pace?account=2", {"speed": 0.01}) == {"speed": 0.01}
        rates = []
        for number in (1, 2):
            asker.access_token = asker.admin("tokens", {"account": number})["access_token"]
            rates.append(asker.ask("{account{id}}")["extensions"]["cost"]["throttleStatus"]["restoreRate"])
        assert rates == [500, 5]
        assert asker.admin("pace?account=2", {"speed": 0})["message"].startswith("speed is")
        assert asker.admin("pace?account=3", {"speed": 1})["message"] == "There is no such account"
