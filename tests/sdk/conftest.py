"""A client that hot-loads from a registry in memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pawl_sdk.config import ConfigClient

from libs.testkit.registry import GOOD, FakeRegistry, Start


@pytest.fixture
def registry() -> FakeRegistry:
    fake = FakeRegistry()
    fake.move(fake.release(GOOD), 1)
    return fake


@pytest.fixture
def start(registry: FakeRegistry, tmp_path: Path) -> Iterator[Start]:
    started: list[ConfigClient] = []

    def make(**options: Any) -> ConfigClient:
        defaults = {
            "agent": "buyer",
            "transport": registry.transport(),
            "state_dir": tmp_path,
            "retry_seconds": 0.01,
            "retry_seconds_max": 0.05,
            "silence_seconds": 0.2,
        }
        client = ConfigClient(**(defaults | options))
        started.append(client)
        return client.start(timeout_seconds=5)

    yield make
    registry.cut_streams()
    for client in started:
        client.stop()
