"""Dead letters of a Kafka cluster, with kafka-python's blocking clients."""

from collections.abc import Sequence
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from libs.eventlog.kafka.member import texts
from libs.eventlog.kafka.topics import CONNECT_MS_MAX, DEAD_LETTER_BYTES_MAX
from libs.eventlog.port import Message, Record

POLL_MS = 1000


class KafkaLetterBox:
    """One connection for reading and one for writing: `close` ends both."""

    def __init__(self, bootstrap: str) -> None:
        where: dict[str, Any] = {
            "bootstrap_servers": bootstrap,
            "bootstrap_timeout_ms": CONNECT_MS_MAX,
        }
        self._producer = KafkaProducer(acks="all", max_request_size=DEAD_LETTER_BYTES_MAX, **where)
        self._consumer = KafkaConsumer(enable_auto_commit=False, **where)

    def close(self) -> None:
        self._consumer.close()
        self._producer.close()

    def read(self, topic: str) -> Sequence[Record]:
        """From the beginning to the end as it is now."""
        consumer = self._consumer
        places = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic) or ()]
        starts, ends = consumer.beginning_offsets(places), consumer.end_offsets(places)
        if starts == ends:  # as it mostly is: no fetch, which would wait
            return []
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        found: list[Record] = []
        while any(consumer.position(place) < ends[place] for place in places):
            for batch in consumer.poll(timeout_ms=POLL_MS).values():
                found += [_record(one) for one in batch]
        return found

    def publish(self, messages: Sequence[Message]) -> None:
        for message in messages:
            headers = [(name, value.encode()) for name, value in message.headers.items()]
            self._producer.send(
                message.topic, key=message.key, value=message.value, headers=headers
            ).get(timeout=30)


def _record(raw: Any) -> Record:
    place = {"partition": raw.partition, "offset": raw.offset, "timestamp_ms": raw.timestamp}
    return Record(raw.topic, raw.key or b"", raw.value or b"", texts(raw.headers), **place)
