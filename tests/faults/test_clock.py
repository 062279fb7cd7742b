"""The machine's clock jumps under load; nothing is lost, doubled or put off for hours."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from libs.eventlog.embedded import writer
from libs.testkit.otlp import export_request, span_of
from pawl.embedded import Platform, Ports
from tests.faults.load import Load
from tests.faults.promises import stored_wrongly, trees_of, until

JUMPS = [timedelta(hours=-3), timedelta(hours=5), timedelta(days=-30), timedelta(seconds=-2)]
SETTLE_SECONDS_MAX = 60.0
TRACES = 5
COPY_SECONDS_MAX = 10.0
pytestmark = pytest.mark.timeout(180, func_only=True)


class JumpingClock:
    """The machine's clock, put forward or back; what counts seconds goes on evenly."""

    def __init__(self) -> None:
        self.off_by = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.off_by

    def time_ns(self) -> int:
        return time.time_ns() + int(self.off_by.total_seconds()) * 1_000_000_000

    def monotonic(self) -> float:
        return time.monotonic()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> JumpingClock:
    """The log's own stamps jump with it: they decide which copy of a span is the newest."""
    monkeypatch.setenv("PAWL_TRACES_QUIET_SECONDS", "0.5")
    jumping = JumpingClock()
    stamps = SimpleNamespace(time_ns=jumping.time_ns, monotonic=time.monotonic)
    monkeypatch.setattr(writer, "time", stamps)
    return jumping


async def test_jumps_of_the_clock_lose_double_and_delay_nothing(
    tmp_path: Path, seed: int, clock: JumpingClock
) -> None:
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


def copies(number: int, fails: bool) -> bytes:
    """The same spans as ever, with an output and a status of this time."""
    spans = []
    for trace in range(1, TRACES + 1):
        attributes = {"openinference__span__kind": "AGENT", "output__value": f"copy {number}"}
        tool = {"openinference__span__kind": "TOOL", "output__value": f"copy {number}"}
        spans += [span_of(trace, 1, **attributes), span_of(trace, 2, 1, **tool)]
        if fails:
            spans[-1].status.code = Status.STATUS_CODE_ERROR
    request = export_request(*spans, openinference__project__name="copies")
    return request.SerializeToString()


async def outdated(
    client: httpx.AsyncClient, url: str, trace_ids: list[str], number: int, fails: bool
) -> str:
    """Empty when the last copy of everything is shown, and judged."""
    listed = await client.get(f"{url}/api/v1/traces", params={"project": "copies"})
    if len(listed.json()["items"]) < len(trace_ids):
        return "not all traces are stored"
    trees = await trees_of(client, url, "copies", trace_ids)
    outputs = {span.output for tree in trees for span in tree.spans}
    labels = {
        one.label for tree in trees for one in tree.evaluations if one.evaluator == "tool_error"
    }
    if outputs != {f"copy {number}"} or labels != {"error" if fails else "ok"}:
        return f"instead of copy {number} are shown {outputs}, judged {labels}"
    return ""


async def test_the_last_copy_of_a_span_counts_whatever_the_clock_says(
    tmp_path: Path, clock: JumpingClock
) -> None:
    trace_ids = [trace.to_bytes(16, "big").hex() for trace in range(1, TRACES + 1)]
    async with (
        Platform(tmp_path / "home", Ports(0, 0, 0), clock=clock) as platform,
        httpx.AsyncClient(timeout=30, trust_env=False) as client,
    ):
        for number, jump in enumerate([timedelta(0), *JUMPS]):
            clock.off_by += jump
            fails = number % 2 == 0
            url = f"{platform.endpoints['otlp_http']}/v1/traces"
            headers = {"content-type": "application/x-protobuf"}
            answer = await client.post(url, content=copies(number, fails), headers=headers)
            assert answer.status_code == httpx.codes.OK, answer.text
            wrong = partial(outdated, client, platform.endpoints["api"], trace_ids, number, fails)
            await until(wrong, COPY_SECONDS_MAX)
