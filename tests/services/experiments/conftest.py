"""The acceptor as a fixture, quick to look and quick to lose patience."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.experiments.bench import Bench, open_bench
from tests.services.experiments.world import World

LESSONS = range(60)
"""As many as it takes to show that no more runs fail."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAWL_EXPERIMENTS_POLL_SECONDS", "0.02")
    monkeypatch.setenv("PAWL_EXPERIMENTS_REPLAY_PATIENCE_SECONDS", "0.5")
    monkeypatch.setenv("PAWL_EXPERIMENTS_SETTLE_SECONDS", "5")
    monkeypatch.setattr("services.experiments.handlers.worker.LOOK_SECONDS", 0.1)
    monkeypatch.setattr("services.experiments.handlers.worker.RETRY_SECONDS_MAX", 0.2)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def bench(tmp_path: Path, world: World) -> AsyncIterator[Bench]:
    async with open_bench(tmp_path, world) as opened:
        yield opened


@pytest.fixture
async def ready(bench: Bench) -> Bench:
    """An agent that can be replayed, with reviews to learn from."""
    await bench.announce()
    await bench.learn(LESSONS)
    return bench
