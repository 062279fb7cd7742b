"""The trace store as a fixture."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.traces.harness import Service, open_service


@pytest.fixture
async def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    """Completes traces after 0.2 quiet seconds."""
    monkeypatch.setenv("PAWL_TRACES_QUIET_SECONDS", "0.2")
    monkeypatch.setenv("PAWL_TRACES_BATCH_WAIT_SECONDS", "0.01")
    monkeypatch.setenv("PAWL_TRACES_FIND_SECONDS_MAX", "0.5")
    monkeypatch.setenv("PAWL_TRACES_JQ_SECONDS_MAX", "3")
    async with open_service(tmp_path) as opened:
        yield opened
