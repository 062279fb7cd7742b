"""Back-pressure and rates: memory and senders stay within what was promised."""

import pytest

from services.ingest.domain.limits import InFlight, Rates
from services.ingest.domain.refuse import RefusedError, Why


class Ticks:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_a_hold_gives_everything_back_even_after_an_error() -> None:
    budget = InFlight(100, 1.0)
    with pytest.raises(RefusedError) as raised, budget.hold() as hold:
        hold.grow(60)
        assert budget.bytes == 60
        hold.grow(41)
    assert raised.value.why is Why.BUSY
    assert raised.value.retry_after_seconds == 1.0
    assert budget.bytes == 0


def test_holds_share_one_budget() -> None:
    budget = InFlight(100, 1.0)
    with budget.hold() as first, budget.hold() as second:
        first.grow(60)
        with pytest.raises(RefusedError):
            second.grow(41)
        second.grow(40)
    assert budget.bytes == 0


def test_over_a_minute_a_key_sends_its_rate_and_at_most_one_burst_more() -> None:
    clock = Ticks()
    rates = Rates(clock)
    limits: dict[str, float | None] = {"spans": 100.0, "bytes": None}
    sent = 0
    for _ in range(6000):
        clock.seconds += 0.01
        try:
            rates.pass_or_refuse("k", limits)
        except RefusedError:
            continue
        rates.spend("k", limits, {"spans": 20, "bytes": 1})
        sent += 20
    assert 6000 - 20 <= sent <= 6000 + 100 + 20


def test_the_wait_that_is_named_is_enough() -> None:
    clock = Ticks()
    rates = Rates(clock)
    limits: dict[str, float | None] = {"spans": 10.0}
    rates.spend("k", limits, {"spans": 500})
    with pytest.raises(RefusedError) as raised:
        rates.pass_or_refuse("k", limits)
    wait = raised.value.retry_after_seconds
    assert wait is not None
    assert 48 < wait < 51
    clock.seconds += wait
    rates.pass_or_refuse("k", limits)


def test_keys_do_not_share_a_rate() -> None:
    rates = Rates(Ticks())
    limits: dict[str, float | None] = {"spans": 1.0}
    rates.spend("a", limits, {"spans": 5})
    rates.pass_or_refuse("b", limits)
