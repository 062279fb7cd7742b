"""Messages that nobody can handle: set aside with a reason, and everything else goes on."""

import time
import uuid
from collections import Counter

import pytest

from libs.contracts.topics import TOPICS, TRACE_COMPLETED
from libs.eventlog import Message
from libs.eventlog.kafka.letters import KafkaLetterBox
from libs.eventlog.letters import Letter
from pawl.cluster.held import Cluster, Service
from tests.faults.load import Load
from tests.faults.promises import drop, lag_of, letters, settled, until
from tests.faults.published import letters_written

pytestmark = pytest.mark.timeout(300, func_only=True)
FLOOD = 250
LETTERS_MAX = 100
"""PAWL_DEAD_LETTERS_MAX as it comes."""


def publish(cluster: Cluster, *messages: Message) -> None:
    box = KafkaLetterBox(cluster.bootstrap)
    try:
        box.publish(messages)
    finally:
        box.close()


async def test_a_poison_message_in_every_topic_is_set_aside_by_each_consumer_alone(
    cluster: Cluster, project: str, seed: int
) -> None:
    poison = f"not an event {uuid.uuid4().hex}".encode()
    with Load(cluster.otlp_url, seed, project) as load:
        load.until(requests=3)
        publish(cluster, *(Message(topic.name, b"poison", poison) for topic in TOPICS))
        load.until(requests=5)
    wanted = {(topic.name, group) for topic in TOPICS for group in topic.consumers}
    mine: list[Letter] = []

    async def wrong() -> str:
        mine[:] = [one for one in letters(cluster) if one.record.value == poison]
        missing = wanted - {(one.origin.split(":")[0], one.group) for one in mine}
        return f"no dead letter from {sorted(missing)}" if missing else ""

    await until(wrong, 90)
    written = Counter(letters_written(cluster.bootstrap, poison))
    assert written == Counter(wanted), "a consumer wrote more than one letter"
    assert all(len(one.reason) > 10 for one in mine), [one.reason for one in mine]
    drop(cluster, mine)
    await settled(cluster, project, load.sent)


def restart(service: Service) -> None:
    """Until it answers: it may stop again before it was ever ready."""
    service.terminate()
    service.start()
    deadline = time.monotonic() + 60
    while service.readyz() is None:
        assert time.monotonic() < deadline, service.log()
        time.sleep(0.1)


async def test_a_flood_of_dead_letters_stops_its_consumer_only_until_a_person_looks(
    cluster: Cluster, project: str, seed: int
) -> None:
    water = f"flood {uuid.uuid4().hex}".encode()
    with Load(cluster.otlp_url, seed, project) as load:
        load.until(requests=3)
        flood = [Message(TRACE_COMPLETED.name, b"%d" % n, water) for n in range(FLOOD)]
        publish(cluster, *flood)
        deadline = time.monotonic() + 60
        problem = f"dead-letters:{TRACE_COMPLETED.name}"
        while problem not in ((cluster["evaluators"].readyz() or {}).get("problems") or {}):
            assert time.monotonic() < deadline, cluster["evaluators"].log()
            time.sleep(0.2)
        time.sleep(2.0)
        set_aside = [one for one in letters(cluster) if one.record.value == water]
        before = 1  # the poisonous message of the test above may count too
        diverted = len(set_aside)
        assert LETTERS_MAX - before <= diverted < FLOOD, f"the limit let {diverted} through"
        assert cluster["traces"].readyz() == {"service": "traces", "ready": True, "problems": {}}
        load.until(requests=3)  # the door and the store do not mind

    async with lag_of(cluster) as lag:
        assert f"{TRACE_COMPLETED.name} evaluators" in await lag(), "it went on all the same"
    restarts = 0

    async def wrong() -> str:
        nonlocal restarts
        if problem in ((cluster["evaluators"].readyz() or {}).get("problems") or {}):
            restart(cluster["evaluators"])  # a person looked
            restarts += 1
        found = [one for one in letters(cluster) if one.record.value == water]
        return "" if len(found) == FLOOD else f"{len(found)} letters of {FLOOD}"

    await until(wrong, 60)
    assert restarts == FLOOD // LETTERS_MAX, "what is set aside is behind, at each start"
    written = letters_written(cluster.bootstrap, water)
    assert len(written) == FLOOD, f"{len(written)} letters for {FLOOD} messages"
    drop(cluster, letters(cluster))
    await settled(cluster, project, load.sent)
