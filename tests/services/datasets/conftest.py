"""Datasets as a fixture, quick to look."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.datasets.bench import Bench, open_bench
from tests.services.datasets.world import World


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAWL_DATASETS_POLL_SECONDS", "0.02")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def bench(tmp_path: Path, world: World) -> AsyncIterator[Bench]:
    async with open_bench(tmp_path, world) as opened:
        yield opened
