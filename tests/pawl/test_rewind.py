"""`pawl topics rewind`: what a restored store lacks is read again; not of a running group."""

import asyncio
from datetime import UTC, datetime

import typer
from typer.testing import CliRunner

from deploy.local import LocalKafka
from libs.contracts.topics import TOPICS, TRACE_COMPLETED
from libs.eventlog.kafka import KafkaLog
from libs.eventlog.port import Message
from libs.testkit.eventlog_suite import Collector
from pawl.cli import register


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    register(app)
    result = CliRunner().invoke(app, ["topics", "rewind", *arguments])
    return result.exit_code, result.output


async def test_a_stopped_group_is_given_again_what_came_since(kafka: LocalKafka) -> None:
    log = KafkaLog(kafka.bootstrap)
    await log.start()
    await log.create_topics(TOPICS)
    name, seen = TRACE_COMPLETED.name, Collector()

    async def publish(*values: bytes) -> None:
        await log.publish([Message(name, value, value) for value in values])

    async def deal_with(count: int) -> None:
        member = await log.subscribe(name, "evaluators", seen, batch_max=10)
        await seen.until(count)
        while await log.lag("evaluators", name):
            await asyncio.sleep(0.05)
        await member.stop()

    await publish(b"before")
    await asyncio.sleep(0.05)
    backup = datetime.now(UTC)
    await asyncio.sleep(0.05)
    await publish(b"since 1", b"since 2")
    await deal_with(3)
    when = ("--to", backup.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3], "--bootstrap", kafka.bootstrap)
    code, out = await asyncio.to_thread(run, "evaluators", *when)
    assert (code, out.split()[0]) == (0, "2"), out
    known = len(seen.values)
    await deal_with(known + 2)
    assert set(seen.values[known:]) >= {b"since 1", b"since 2"}  # at least once

    member = await log.subscribe(name, "evaluators", seen, batch_max=10)
    await publish(b"running")
    while b"running" not in seen.values:
        await asyncio.sleep(0.05)
    code, out = await asyncio.to_thread(run, "evaluators", *when)
    assert (code, "still runs" in out) == (1, True), out
    await member.stop()
    await log.stop()


def test_an_unknown_group_is_named_with_those_that_there_are() -> None:
    code, out = run("nobody", "--to", "2026-01-31T12:00:00")
    assert code == 2
    assert "evaluators" in out
