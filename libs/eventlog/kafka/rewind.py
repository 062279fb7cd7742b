"""Sets a stopped group back in time: after a restore its store lacks what the group committed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import CommitFailedError, UnknownMemberIdError

from libs.contracts.topics import Topic
from libs.eventlog.kafka.topics import CONNECT_MS_MAX


class GroupRuns(Exception):
    """Members of the group are alive: their commits would undo this."""


@dataclass(frozen=True)
class Rewound:
    """One topic of a group: how many records it will be given again."""

    topic: str
    records: int


def rewind(bootstrap: str, group: str, topics: Sequence[Topic], to: datetime) -> list[Rewound]:
    """Commit the offsets of that time, where they are behind the group's. Raises `GroupRuns`."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        bootstrap_timeout_ms=CONNECT_MS_MAX,
        group_id=group,
        enable_auto_commit=False,
    )
    try:
        return [Rewound(one.name, _rewind(consumer, group, one.name, to)) for one in topics]
    finally:
        consumer.close()


def _rewind(consumer: KafkaConsumer, group: str, topic: str, to: datetime) -> int:
    places = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic) or ()]
    consumer.assign(places)
    found = consumer.offsets_for_times(dict.fromkeys(places, int(to.timestamp() * 1000)))
    committed = {place: consumer.committed(place) for place in places}
    earlier = {
        place: found[place].offset
        for place in places
        # None: nothing came since then, or the group never read the partition
        if found[place] and committed[place] and found[place].offset < committed[place]
    }
    try:
        consumer.commit({p: OffsetAndMetadata(offset, "", -1) for p, offset in earlier.items()})
    except (CommitFailedError, UnknownMemberIdError) as error:
        raise GroupRuns(f"{group} still runs: stop the service first") from error
    return sum(committed[place] - offset for place, offset in earlier.items())
