"""`pawl dlq`, on an embedded home and on a real broker."""

import json
import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from deploy.local import LocalKafka
from libs.contracts.topics import OTLP_SPANS, PROPOSAL_DRAFTED, TOPICS
from libs.eventlog import Message
from libs.eventlog.embedded import EmbeddedLog
from libs.eventlog.kafka import KafkaLog
from libs.testkit.eventlog_suite import Collector
from pawl.cli import register

LETTER = {
    "ce_id": "trace:p:1:1",
    "pawl-origin-topic": PROPOSAL_DRAFTED.name,
    "pawl-origin-partition": "3",
    "pawl-origin-offset": "17",
    "pawl-group": "experiments",
    "pawl-reason": "no such field",
    "pawl-failed-at": "2026-01-01T00:00:00+00:00",
}


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    register(app)
    result = CliRunner().invoke(app, ["dlq", *arguments])
    return result.exit_code, result.stdout


@pytest.fixture(params=["embedded", "kafka"])
async def where(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """Options that lead to a log with two letters."""
    log: EmbeddedLog | KafkaLog
    if request.param == "embedded":
        log, options = EmbeddedLog(tmp_path / "events.db"), ["--home", str(tmp_path)]
    else:
        kafka: LocalKafka = request.getfixturevalue("kafka")
        log, options = KafkaLog(kafka.bootstrap), ["--bootstrap", kafka.bootstrap]
    await log.start()
    await log.create_topics(TOPICS)
    topic = PROPOSAL_DRAFTED.dead_letter_name
    letters = [
        Message(topic, b"k", f"v{n}".encode(), LETTER | {"pawl-origin-offset": str(17 + n)})
        for n in range(2)
    ]
    # Stopped before it could commit, a service writes its letters again.
    await log.publish([*letters, *letters])
    await log.stop()
    return options


async def origin_values(where: list[str], count: int) -> list[bytes]:
    log = EmbeddedLog(Path(where[1]) / "events.db") if "--home" in where else KafkaLog(where[1])
    await log.start()
    seen = Collector()
    await log.create_topics(TOPICS)
    await log.subscribe(PROPOSAL_DRAFTED.name, f"test-{count}", seen, batch_max=10)
    await seen.until(count)
    await log.stop()
    return seen.values


async def test_letters_are_listed_shown_replayed_and_dropped_one_by_one(where: list[str]) -> None:
    code, out = run("list", "--json", *where)
    assert code == 0
    letters = json.loads(out)
    assert [one["group"] for one in letters] == ["experiments"] * 2
    assert letters[0]["origin"] == f"{PROPOSAL_DRAFTED.name}:3:17"

    code, out = run("show", letters[0]["id"], *where)
    assert (code, json.loads(out)["value"]) == (0, "v0")

    assert run("replay", letters[0]["id"], *where)[0] == 0
    assert run("drop", letters[1]["id"], "--why", "a test", *where)[0] == 0
    assert json.loads(run("list", "--json", *where)[1]) == []
    assert await origin_values(where, 1) == [b"v0"]
    assert run("replay", letters[0]["id"], *where)[0] == 1  # no longer open


async def test_the_largest_letter_can_be_replayed(kafka: LocalKafka) -> None:
    value = os.urandom(8 * 1024 * 1024)
    log, at = KafkaLog(kafka.bootstrap), ["--bootstrap", kafka.bootstrap]
    await log.start()
    await log.create_topics(TOPICS)
    headers = LETTER | {"pawl-origin-topic": OTLP_SPANS.name, "pawl-origin-offset": "99"}
    await log.publish([Message(OTLP_SPANS.dead_letter_name, b"k", value, headers)])
    await log.stop()
    assert run("replay", "--topic", OTLP_SPANS.name, *at)[0] == 0
    assert json.loads(run("list", "--topic", OTLP_SPANS.name, "--json", *at)[1]) == []


def test_a_missing_home_and_an_unknown_topic_say_what_to_do(tmp_path: Path) -> None:
    assert run("list", "--home", str(tmp_path / "nowhere"))[0] == 2
    assert run("replay", "--home", str(tmp_path / "nowhere"))[0] == 2
