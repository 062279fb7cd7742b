"""Clustering over a real log."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.runtime import Deps
from libs.testkit.apps import embedded_deps
from tests.services.clustering.world import Platform


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
async def deps(tmp_path: Path, platform: Platform) -> AsyncIterator[Deps]:
    async with embedded_deps(tmp_path, platform.clients()) as found:
        yield found
