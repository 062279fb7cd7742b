"""Urgent topics go before the others, which keep a share."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from libs.contracts.topics import Topic
from libs.eventlog import Message, Record
from libs.eventlog.embedded import EmbeddedLog
from libs.eventlog.embedded.pace import REST_RATIO, Pace

URGENT = Topic("urgent", None, "any", "a", ("b",), partitions=1, retention_hours=1, urgent=True)
OTHER = Topic("other", None, "any", "a", ("b",), partitions=1, retention_hours=1)
WORK_SECONDS = 0.05


async def rested_seconds(pace: Pace, topic: str) -> float:
    began = time.monotonic()
    await pace.rest(topic, WORK_SECONDS, asyncio.Event())
    return time.monotonic() - began


async def test_nobody_rests_without_urgent_work() -> None:
    pace = Pace()
    pace.declare_urgent("urgent")
    with pace.working("other"):
        assert await rested_seconds(pace, "other") < WORK_SECONDS


async def test_others_rest_for_a_multiple_of_their_work_while_urgent_work_goes_on() -> None:
    pace = Pace()
    pace.declare_urgent("urgent")
    with pace.working("urgent"):
        assert await rested_seconds(pace, "other") >= WORK_SECONDS * REST_RATIO
        assert await rested_seconds(pace, "urgent") < WORK_SECONDS


async def test_the_rest_ends_with_the_urgent_work_or_with_the_process() -> None:
    pace, stopping = Pace(), asyncio.Event()
    pace.declare_urgent("urgent")
    with pace.working("urgent"):
        resting = asyncio.create_task(pace.rest("other", 1.0, stopping))
        await asyncio.sleep(WORK_SECONDS)
        assert not resting.done()
    await asyncio.wait_for(resting, 1.0)
    with pace.working("urgent"):
        stopping.set()
        await asyncio.wait_for(pace.rest("other", 1.0, stopping), 0.5)


async def test_under_lasting_urgent_load_another_topic_is_delivered_all_the_same(
    tmp_path: Path,
) -> None:
    log = EmbeddedLog(tmp_path / "events.db")
    await log.start()
    await log.create_topics([URGENT, OTHER])
    seen = {"urgent": 0, "other": 0}

    async def handle(records: Sequence[Record]) -> None:
        seen[records[0].topic] += len(records)
        await asyncio.sleep(0.02)

    await log.publish([Message(t, b"k", b"v") for t in seen for _ in range(500)])
    for topic in seen:
        await log.subscribe(topic, "g", handle, batch_max=1)
    async with asyncio.timeout(30):
        while seen["other"] < 5:
            await asyncio.sleep(0.02)
    await log.stop()
    assert seen["urgent"] > seen["other"]
