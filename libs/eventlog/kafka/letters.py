"""Dead letters of a Kafka cluster, with kafka-python's blocking clients."""

from collections.abc import Sequence
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from libs.eventlog.port import Message, Record

POLL_MS = 1000


class KafkaLetterBox:
    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")

    def read(self, topic: str) -> Sequence[Record]:
        """From the beginning to the end as it is now."""
        consumer = KafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
        try:
            places = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic) or ()]
            consumer.assign(places)
            consumer.seek_to_beginning(*places)
            ends = consumer.end_offsets(places)
            found: list[Record] = []
            while any(consumer.position(place) < ends[place] for place in places):
                for batch in consumer.poll(timeout_ms=POLL_MS).values():
                    found += [_record(one) for one in batch]
            return found
        finally:
            consumer.close()

    def publish(self, messages: Sequence[Message]) -> None:
        for message in messages:
            headers = [(name, value.encode()) for name, value in message.headers.items()]
            self._producer.send(
                message.topic, key=message.key, value=message.value, headers=headers
            ).get(timeout=30)


def _record(raw: Any) -> Record:
    headers = {name: value.decode(errors="replace") for name, value in raw.headers}
    place = {"partition": raw.partition, "offset": raw.offset, "timestamp_ms": raw.timestamp}
    return Record(raw.topic, raw.key or b"", raw.value or b"", headers, **place)
