"""What must hold after every fault: nothing lost, nothing twice, nothing left behind."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
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
from tests.faults.published import told_wrongly

SETTLE_SECONDS_MAX = 120.0
READS = 4
CHECKS = checks_of(EvaluatorsSettings())


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
    url, trees = cluster["traces"].url, list[TraceTree]()
    async with lag_of(cluster) as lag, httpx.AsyncClient(timeout=30, trust_env=False) as client:

        async def waiting() -> str:
            if behind := await lag():
                return f"lag does not return to zero: {behind}"
            newest = Sent(dict([list(sent.spans.items())[-1]]))
            return await stored_wrongly(client, url, project, newest)

        async def wrong() -> str:
            return await stored_wrongly(client, url, project, sent, trees)

        await until(waiting, SETTLE_SECONDS_MAX)
        await asyncio.sleep(0.5)  # what comes late must not be there twice
        await until(wrong, SETTLE_SECONDS_MAX)
    wrongs = await told_wrongly(cluster.bootstrap, project, sent, trees)
    assert not wrongs, f"{len(wrongs)} differ from what was published: {wrongs[:3]}"
    left = [f"{one.origin}: {one.reason}" for one in letters(cluster)]
    assert not left, f"dead letters: {left[:3]}"
    for service in cluster.services.values():
        problems = (service.readyz() or {})["problems"]
        assert not problems, f"{service.name}: {problems}"


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


async def stored_wrongly(
    client: httpx.AsyncClient,
    url: str,
    project: str,
    sent: Sent,
    trees: list[TraceTree] | None = None,
) -> str:
    """Empty when the store says of a project's traces what was sent, and once.

    What it shows of them is left in `trees`: reading all of it again would take as long again.
    """
    if missing := await _spans(client, url, project, sent):
        return missing
    found = await trees_of(client, url, project, sent.spans)
    if trees is not None:
        trees[:] = found
    count = sum(_lacks(tree, project, len(sent.spans[tree.summary.trace_id])) for tree in found)
    return f"{count} of {len(found)} traces lack evaluations of what they are now" if count else ""


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


async def trees_of(
    client: httpx.AsyncClient, url: str, project: str, trace_ids: Iterable[str]
) -> list[TraceTree]:
    """Whole traces as the store shows them."""
    turns = asyncio.Semaphore(READS)

    async def read(trace_id: str) -> TraceTree:
        async with turns:
            path = f"{url}/api/v1/traces/{trace_id}"
            answer = await client.get(path, params={"project": project})
        assert answer.status_code == httpx.codes.OK, answer.text
        return TraceTree.model_validate_json(answer.content)

    return await asyncio.gather(*(read(trace_id) for trace_id in trace_ids))


def _lacks(tree: TraceTree, project: str, span_count: int) -> bool:
    """Whether a trace still waits for spans or for evaluations; fails when it has too many."""
    shown = tree.summary.span_count
    assert shown <= span_count, f"{tree.summary.trace_id}: {shown} spans, {span_count} were sent"
    judged = evaluate(tree, _completed(tree, project), CHECKS, tree.summary.started_at)
    ids, wanted_ids = (
        Counter(one.evaluation_id for one in all) for all in (tree.evaluations, judged)
    )
    assert not ids - wanted_ids, f"{tree.summary.trace_id} has too many: {ids - wanted_ids}"
    wanted = {one.evaluation_id: (one.label, one.passed) for one in judged}
    there = {one.evaluation_id: (one.label, one.passed) for one in tree.evaluations}
    return shown < span_count or wanted != there


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
