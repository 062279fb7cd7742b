"""kill -9 under load: every acknowledged span is there afterwards, none twice."""

import asyncio
import json
import random
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from libs.contracts.events import TraceCompleted
from libs.contracts.topics import TRACE_COMPLETED
from libs.testkit.eventlog_suite import Collector
from tests.services.traces.crash_child import SPANS_A_TRACE
from tests.services.traces.harness import Service, open_service, span_id, trace_id

ROUNDS = 5


async def run_and_kill(home: Path, first: int, after_traces: int, pause: float) -> list[int]:
    """Acknowledged trace numbers of one life; killed a moment after so many."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.services.traces.crash_child",
        str(home),
        str(first),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    acknowledged: list[int] = []

    async def read(until: int | None) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            if line.strip().isdigit():
                acknowledged.append(int(line))
            if until is not None and len(acknowledged) >= until:
                return

    await asyncio.wait_for(read(after_traces), 60)
    await asyncio.sleep(pause)
    process.kill()
    await read(None)
    await process.wait()
    return acknowledged


async def stored(service: Service) -> dict[str, list[str]]:
    """Span ids by trace, as the export shows them."""
    body = (await service.http.post("/api/v1/spans/export", json={})).text
    found: dict[str, list[str]] = defaultdict(list)
    for line in body.splitlines():
        span = json.loads(line)
        found[span["trace_id"]].append(span["span_id"])
    return found


async def completions(service: Service, seen: Collector, wanted: set[str]) -> list[TraceCompleted]:
    """Events once every wanted trace has one with all of its spans."""
    async with asyncio.timeout(60):
        while True:
            events = [TraceCompleted.model_validate_json(r.value) for r in seen.records]
            whole = {one.trace_id for one in events if one.span_count == SPANS_A_TRACE}
            if wanted <= whole:
                return events
            await asyncio.sleep(0.1)


@pytest.mark.timeout(300)
async def test_kill_9_loses_nothing_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(20261123)
    acknowledged: set[int] = set()
    first = 1
    for _ in range(ROUNDS):
        lived = await run_and_kill(tmp_path, first, chance.randrange(1, 60), chance.random() / 2)
        acknowledged |= set(lived)
        first = max(acknowledged) + 2  # the trace in flight may or may not be there

    monkeypatch.setenv("PAWL_TRACES_QUIET_SECONDS", "0.2")
    async with open_service(tmp_path) as service:
        seen = Collector()
        await service.app.deps.log.subscribe(TRACE_COMPLETED.name, "evaluators", seen)
        await service.settle()
        found = await stored(service)
        for number in acknowledged:
            base = number * SPANS_A_TRACE
            expected = [span_id(base + n) for n in range(SPANS_A_TRACE)]
            assert sorted(found[trace_id(number)]) == expected
        assert all(len(set(ids)) == len(ids) for ids in found.values())

        events = await completions(service, seen, {trace_id(n) for n in acknowledged})
    counts: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for one in events:
        counts[one.trace_id][one.revision].add(one.span_count)
    for revisions in counts.values():
        assert sorted(revisions) == list(range(1, len(revisions) + 1)), "a revision is missing"
        assert all(len(spans) == 1 for spans in revisions.values()), "one revision, two contents"
