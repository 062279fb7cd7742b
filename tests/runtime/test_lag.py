"""Lag as `/metrics` tells it."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx

from libs.contracts.events import FeedbackRecorded
from libs.runtime import App
from libs.testkit.apps import embedded_deps

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def feedback(number: int) -> FeedbackRecorded:
    return FeedbackRecorded(
        feedback_id=f"f{number}",
        project="p",
        trace_id=f"{number:032x}",
        kind="thumb",
        author="a",
        recorded_at=NOW,
    )


async def test_a_scrape_tells_the_lag_of_its_own_moment(tmp_path: Path) -> None:
    async with embedded_deps(tmp_path) as deps:
        producer, consumer = App("traces", deps), App("datasets", deps)
        gate = asyncio.Event()

        async def wait_at_gate(event: FeedbackRecorded) -> None:
            await gate.wait()

        consumer.subscribe(FeedbackRecorded, wait_at_gate)
        await consumer.start()
        try:
            transport = httpx.ASGITransport(consumer.api)
            async with httpx.AsyncClient(transport=transport, base_url="http://c") as client:
                await producer.publish([feedback(number) for number in range(3)])
                assert await lag(client) == 3
                gate.set()
                async with asyncio.timeout(10):
                    while await lag(client) > 0:
                        await asyncio.sleep(0.02)
        finally:
            await consumer.stop()


async def lag(client: httpx.AsyncClient) -> float:
    text = (await client.get("/metrics")).text
    name = 'pawl_consumer_lag{service="datasets",topic="feedback-recorded-v1"}'
    return float(next(line for line in text.splitlines() if line.startswith(name)).split()[-1])
