"""The acceptor as a fixture, quick to look and quick to lose patience."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.experiments.bench import Bench, open_bench
from tests.services.experiments.world import World


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAWL_EXPERIMENTS_POLL_SECONDS", "0.02")
    monkeypatch.setenv("PAWL_EXPERIMENTS_REPLAY_PATIENCE_SECONDS", "0.5")
    monkeypatch.setenv("PAWL_EXPERIMENTS_SETTLE_SECONDS", "0.3")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def bench(tmp_path: Path, world: World) -> AsyncIterator[Bench]:
    async with open_bench(tmp_path, world) as opened:
        yield opened
