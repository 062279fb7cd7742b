"""The machine's clock jumps under load; nothing is lost, doubled or put off for hours."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from pawl.embedded import Platform, Ports
from tests.faults.load import Load
from tests.faults.promises import stored_wrongly, until

JUMPS = [timedelta(hours=-3), timedelta(hours=5), timedelta(days=-30), timedelta(seconds=-2)]
SETTLE_SECONDS_MAX = 60.0
pytestmark = pytest.mark.timeout(180, func_only=True)


class JumpingClock:
    """The machine's clock, put forward or back; what counts seconds goes on evenly."""

    def __init__(self) -> None:
        self.off_by = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.off_by

    def monotonic(self) -> float:
        return time.monotonic()


async def test_jumps_of_the_clock_lose_double_and_delay_nothing(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWL_TRACES_QUIET_SECONDS", "0.5")
    clock = JumpingClock()
    async with Platform(tmp_path / "home", Ports(0, 0, 0), clock=clock) as platform:
        async with Load(platform.endpoints["otlp_http"], seed, "jump") as load:
            for jump in JUMPS:
                await asyncio.to_thread(load.until, 4)
                clock.off_by += jump
            await asyncio.to_thread(load.until, 4)
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:

            async def wrong() -> str:
                return await stored_wrongly(client, platform.endpoints["api"], "jump", load.sent)

            await until(wrong, SETTLE_SECONDS_MAX)
