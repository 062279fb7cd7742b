"""One record that cannot be read costs the others nothing."""

import uuid
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.producer import message_accumulator, producer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from deploy.local import LocalKafka
from libs.contracts.topics import Topic
from libs.eventlog.kafka import KafkaLog
from libs.testkit.eventlog_suite import Collector, eventually

HEALTHY, BROKEN = 0, 1


class NoText(str):
    """The name of a header, as a careless producer may send it."""

    def encode(self, *_: Any, **__: Any) -> bytes:
        return b"\xff\xfe"


async def send(kafka: LocalKafka, topic: str, partition: int, count: int, headers: Any) -> None:
    sender = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await sender.start()
    for number in range(count):
        value = f"{partition}-{number}".encode()
        await sender.send_and_wait(topic, value, partition=partition, headers=headers)
    await sender.stop()


@pytest.mark.parametrize("broken", [HEALTHY, BROKEN])
async def test_partitions_beside_one_that_cannot_be_read_lose_nothing_and_go_on(
    kafka: LocalKafka,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    broken: int,
) -> None:
    """Without care what was taken of the others before is skipped, again at each try."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    topic = Topic(name, None, "any", "a", ("b",), partitions=2, retention_hours=1)
    log = KafkaLog(kafka.bootstrap)
    await log.start()
    await log.create_topics([topic])
    await send(kafka, name, 1 - broken, 30, [])
    await send(kafka, name, broken, 3, [])
    with monkeypatch.context() as patched:
        for module in (producer, message_accumulator):  # the other one takes true texts only
            patched.setattr(module, "DefaultRecordBatchBuilder", _DefaultRecordBatchBuilderPy)
        await send(kafka, name, broken, 1, [(NoText("name"), b"")])

    seen = Collector()
    await log.subscribe(name, "a", seen, batch_max=7)
    await seen.until(33)
    await send(kafka, name, 1 - broken, 5, [])
    await seen.until(38)

    async def only_the_broken_one_waits() -> bool:
        return await log.lag("a", name) == 1

    await eventually(only_the_broken_one_waits)
    await log.stop()
    assert len(seen.records) == len({one.place for one in seen.records}) == 38
    assert f"partition={broken}) cannot be read" in caplog.text
