"""What must hold after every fault: nothing lost, nothing twice, nothing left behind."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx

from libs.contracts.api import TraceTree
from libs.contracts.events import TraceCompleted
from libs.contracts.topics import TOPICS
from libs.eventlog.kafka.letters import KafkaLetterBox
from libs.eventlog.kafka.offsets import Offsets
from libs.eventlog.letters import Letter, open_letters, resolve
from pawl.cluster.held import Cluster
from services.evaluators.domain.evaluate import evaluate
from services.evaluators.main import checks_of
from services.evaluators.settings import EvaluatorsSettings
from tests.faults.load import Sent

SETTLE_SECONDS_MAX = 120.0
READS = 4


async def until(check: Callable[[], Awaitable[str]], seconds_max: float) -> None:
    """Until the check finds nothing wrong; fails with what it found last."""
    deadline = time.monotonic() + seconds_max
    while wrong := await check():
        assert time.monotonic() < deadline, wrong
        await asyncio.sleep(0.25)


async def settled(cluster: Cluster, project: str, sent: Sent) -> None:
    """Wait until everything is dealt with, then hold it to every promise."""
    cluster.until_ready()
    assert sent.spans, "no load was accepted: the test would prove nothing"
    async with lag_of(cluster) as lag, httpx.AsyncClient(timeout=30, trust_env=False) as client:

        async def wrong() -> str:
            if behind := await lag():
                return f"lag does not return to zero: {behind}"
            return await stored_wrongly(client, cluster["traces"].url, project, sent)

        await until(wrong, SETTLE_SECONDS_MAX)
        # Once more: what comes late must not be there twice.
        await asyncio.sleep(0.5)
        assert await wrong() == ""
    assert [f"{one.origin}: {one.reason}" for one in letters(cluster)] == []
    for service in cluster.services.values():
        assert (service.readyz() or {})["problems"] == {}, service.name


@asynccontextmanager
async def lag_of(cluster: Cluster) -> AsyncIterator[Callable[[], Awaitable[dict[str, int]]]]:
    """Topics on which a running service is behind, by how much."""
    offsets = Offsets(cluster.bootstrap)
    await offsets.start()
    kinds = {service.kind for service in cluster.services.values()}
    pairs = [(topic, group) for topic in TOPICS for group in topic.consumers if group in kinds]

    async def lag() -> dict[str, int]:
        found = {f"{t.name} {group}": await offsets.lag(group, t.name) for t, group in pairs}
        return {name: count for name, count in found.items() if count}

    try:
        yield lag
    finally:
        await offsets.stop()


def letters(cluster: Cluster) -> list[Letter]:
    """Dead letters that nobody has dealt with."""
    box = KafkaLetterBox(cluster.bootstrap)
    try:
        return open_letters(box, TOPICS)
    finally:
        box.close()


def drop(cluster: Cluster, found: list[Letter]) -> None:
    """As a person does with `pawl dlq drop`."""
    box = KafkaLetterBox(cluster.bootstrap)
    try:
        resolve(box, found, "drop", "a test", lambda: datetime.now(UTC))
    finally:
        box.close()


async def stored_wrongly(client: httpx.AsyncClient, url: str, project: str, sent: Sent) -> str:
    """Empty when the store says of a project's traces what was sent, and once."""
    return await _spans(client, url, project, sent) or await _evaluations(
        client, url, project, sent
    )


async def _spans(client: httpx.AsyncClient, url: str, project: str, sent: Sent) -> str:
    """Empty when the store holds exactly what was acknowledged, each span once."""
    body = {"filter": {"project": [project]}, "format": "jsonl", "limit": 1_000_000}
    answer = await client.post(f"{url}/api/v1/spans/export", json=body)
    assert answer.status_code == httpx.codes.OK, answer.text
    rows = [json.loads(line) for line in answer.text.splitlines()]
    stored = Counter((row["trace_id"], row["span_id"]) for row in rows)
    wanted = {(trace, span) for trace, spans in sent.spans.items() for span in spans}
    twice = [place for place, count in stored.items() if count > 1]
    assert not twice, f"stored twice: {twice[:3]}"
    missing = wanted - set(stored)
    return f"{len(missing)} of {len(wanted)} spans are not stored" if missing else ""


async def _evaluations(client: httpx.AsyncClient, url: str, project: str, sent: Sent) -> str:
    """Empty when each trace has each evaluation that applies, once, and no other."""
    turns = asyncio.Semaphore(READS)
    checks = checks_of(EvaluatorsSettings())

    async def lacks(trace_id: str) -> bool:
        async with turns:
            path = f"{url}/api/v1/traces/{trace_id}"
            answer = await client.get(path, params={"project": project})
        assert answer.status_code == httpx.codes.OK, answer.text
        tree = TraceTree.model_validate_json(answer.content)
        judged = evaluate(tree, _completed(tree, project), checks, tree.summary.started_at)
        wanted = Counter(one.evaluation_id for one in judged)
        there = Counter(one.evaluation_id for one in tree.evaluations)
        assert not there - wanted, f"{trace_id} has evaluations twice or more: {there - wanted}"
        return bool(wanted - there)

    last = list(sent.spans)[-1]
    if await lacks(last):  # as long as the newest waits there is no point in reading all
        return f"{last} lacks evaluations"
    count = sum(await asyncio.gather(*(lacks(trace_id) for trace_id in sent.spans)))
    return f"{count} of {len(sent.spans)} traces lack evaluations" if count else ""


def _completed(tree: TraceTree, project: str) -> TraceCompleted:
    summary = tree.summary
    return TraceCompleted(
        project=project,
        trace_id=summary.trace_id,
        root_name=summary.root_name,
        started_at=summary.started_at,
        ended_at=summary.started_at,
        span_count=summary.span_count,
        error_count=summary.error_count,
    )
