"""What the forge refuses is tried again, ever more rarely."""

import asyncio
from pathlib import Path

import pytest

from libs.testkit.proposals import drafted, finished
from services.review_gate.adapters.forge_local import LocalForge
from services.review_gate.domain.backoff import PAUSE_SECONDS_MAX, Backoff
from services.review_gate.domain.errors import ConflictError
from services.review_gate.domain.ports import Pull, PullDraft
from tests.services.review_gate.gatehouse import gatehouse


class Watch:
    """A monotonic clock that a test turns."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_pauses_double_up_to_a_limit() -> None:
    watch = Watch()
    backoff = Backoff(watch, 5.0)
    pauses = []
    for _ in range(10):
        backoff.failed("one")
        began = watch.now
        while not backoff.is_due("one"):
            watch.now += 5.0
        pauses.append(watch.now - began)
    assert pauses[:4] == [5.0, 10.0, 20.0, 40.0]
    assert pauses[-1] == PAUSE_SECONDS_MAX
    assert backoff.is_due("another")


def test_success_ends_it_and_what_was_asked_for_is_kept() -> None:
    watch = Watch()
    backoff = Backoff(watch, 5.0)
    backoff.failed("one", 90.0)
    watch.now = 89.0
    assert not backoff.is_due("one")
    backoff.succeeded("one")
    assert backoff.is_due("one")
    backoff.failed("one")
    watch.now += 5.0
    assert backoff.is_due("one")


async def test_a_lasting_refusal_is_not_asked_for_at_every_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def refuse(self: LocalForge, draft: PullDraft) -> Pull:
        nonlocal tries
        tries += 1
        raise ConflictError("the body is too long")

    monkeypatch.setenv("PAWL_REVIEW_GATE_SWEEP_SECONDS", "0.05")
    monkeypatch.setattr(LocalForge, "open_pull", refuse)
    async with gatehouse(tmp_path) as gate:
        await gate.import_config()
        draft = drafted(await gate.main_commit())
        await gate.send(draft)
        await gate.send(finished(draft))
        await gate.settle_down()
        await asyncio.sleep(1.5)
    assert 2 <= tries <= 6  # at 0, 0.05, 0.15, 0.35, 0.75 and 1.55 seconds, not 30 times
