"""What services said in the topics themselves, where no reader takes copies away."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar

from kafka import KafkaConsumer, TopicPartition
from pydantic import ValidationError

from libs.contracts.api import TraceTree
from libs.contracts.base import Event
from libs.contracts.events import ConfigReleased, EvaluationRecorded, TraceCompleted
from libs.contracts.topics import BY_MODEL, TOPICS
from libs.eventlog.kafka.letters import KafkaLetterBox
from libs.eventlog.letters import RESOLVES
from tests.faults.load import Sent

POLL_MS = 1000
E = TypeVar("E", bound=Event)


def events_since(bootstrap: str, model: type[E], since: datetime) -> list[E]:
    """Every event since then as it stands in its topic, copies too; what is none is left out."""
    with closing(KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)) as consumer:
        topic = BY_MODEL[model].name
        places = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic) or ()]
        ends = consumer.end_offsets(places)
        found = consumer.offsets_for_times(dict.fromkeys(places, int(since.timestamp() * 1000)))
        starts = {place: first.offset for place, first in found.items() if first}
        values = _values(consumer, starts, ends) if starts else ()
        return [event for value in values for event in _parsed(model, value)]


def _values(
    consumer: KafkaConsumer, starts: dict[TopicPartition, int], ends: dict[TopicPartition, int]
) -> Iterator[bytes]:
    consumer.assign(list(starts))
    for place, offset in starts.items():
        consumer.seek(place, offset)
    while any(consumer.position(place) < ends[place] for place in starts):
        batches: dict[TopicPartition, list[Any]] = consumer.poll(timeout_ms=POLL_MS)
        yield from (record.value for batch in batches.values() for record in batch)


def _parsed(model: type[E], value: bytes) -> Iterator[E]:
    try:
        yield model.model_validate_json(value)
    except ValidationError:  # a test's poison
        return


def letters_written(bootstrap: str, value: bytes) -> list[tuple[str, str]]:
    """Topic and group of each dead letter of a message, as often as it was written."""
    with closing(KafkaLetterBox(bootstrap)) as box:
        found = [one for topic in TOPICS for one in box.read(topic.dead_letter_name)]
    return [
        (one.headers["pawl-origin-topic"], one.headers["pawl-group"])
        for one in found
        if one.value == value and RESOLVES not in one.headers
    ]


async def releases_told(bootstrap: str, agent: str, since: datetime) -> int:
    """Releases in the topic; copies of one are the same to the letter."""
    found = await asyncio.to_thread(events_since, bootstrap, ConfigReleased, since)
    mine = {one.natural_id(): one for one in found if one.agent == agent}
    assert all(mine[one.natural_id()] == one for one in found if one.agent == agent)
    return len(mine)


async def told_wrongly(
    bootstrap: str, project: str, sent: Sent, trees: Sequence[TraceTree]
) -> list[str]:
    """What the store shows that was not published last, or was published of less than all."""
    completed, evaluated = await asyncio.gather(
        asyncio.to_thread(events_since, bootstrap, TraceCompleted, sent.since),
        asyncio.to_thread(events_since, bootstrap, EvaluationRecorded, sent.since),
    )
    last = _last_revisions([one for one in completed if one.project == project])
    told: dict[str, dict[str, EvaluationRecorded]] = {}
    for one in sorted(evaluated, key=lambda one: one.trace_revision):
        if one.project == project and one.kind == "code":
            told.setdefault(one.trace_id, {})[one.evaluation_id] = one
    return [
        wrong
        for tree in trees
        for wrong in _differences(tree, last, told.get(tree.summary.trace_id, {}))
    ]


def _last_revisions(completed: Sequence[TraceCompleted]) -> dict[str, TraceCompleted]:
    """By trace; a revision that is told again is the same to the letter."""
    by_place = sorted(completed, key=lambda one: (one.trace_id, one.revision))
    last: dict[str, TraceCompleted] = {}
    for (trace_id, _), copies in groupby(by_place, key=lambda one: (one.trace_id, one.revision)):
        first, *others = copies
        assert all(one == first for one in others), f"{first} and, as the same revision, {others}"
        last[trace_id] = first
    return last


def _differences(
    tree: TraceTree, last: dict[str, TraceCompleted], told: dict[str, EvaluationRecorded]
) -> Iterator[str]:
    trace_id = tree.summary.trace_id
    if trace_id not in last:
        yield f"{trace_id} was never told complete"
        return
    final = last[trace_id]
    if final.span_count != tree.summary.span_count:
        yield f"{trace_id} was told complete with {final.span_count} spans"
    shown = {
        (one.evaluation_id, one.label, one.passed, final.revision)
        for one in tree.evaluations
        if one.kind == "code"
    }
    said = {(one.evaluation_id, one.label, one.passed, one.trace_revision) for one in told.values()}
    if shown != said:
        yield f"{trace_id} shows {shown - said}, and {said - shown} was published"
