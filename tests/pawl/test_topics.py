"""`pawl topics` on a broker of its own."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from typer.testing import CliRunner

from deploy.local import LocalKafka
from libs.contracts.topics import OTLP_SPANS, TOPICS
from libs.eventlog import Message
from libs.eventlog.kafka import KafkaLog
from libs.testkit.servers import CACHE
from pawl.cli import register


@pytest.fixture
def fresh_kafka(tmp_path: Path) -> Iterator[LocalKafka]:
    server = LocalKafka(tmp_path / "kafka", CACHE)
    server.start()
    yield server
    server.stop()


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    register(app)
    result = CliRunner().invoke(app, ["topics", *arguments])
    return result.exit_code, result.stdout


@pytest.mark.parametrize("command", ["plan", "lag"])
def test_a_broker_that_is_away_is_named(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.eventlog.kafka.topics.CONNECT_MS_MAX", 300)
    app = typer.Typer()
    register(app)
    away = ["topics", command, "--bootstrap", "127.0.0.1:1"]
    result = CliRunner().invoke(app, away)
    assert result.exit_code == 2
    assert "127.0.0.1:1" in result.stderr


async def test_plan_apply_and_lag(fresh_kafka: LocalKafka) -> None:
    at = ("--bootstrap", fresh_kafka.bootstrap)
    code, out = run("plan", *at)
    assert code == 1
    assert out.count("create") == 2 * len(TOPICS)
    assert run("apply", *at)[0] == 0
    assert run("plan", *at) == (0, "")
    log = KafkaLog(fresh_kafka.bootstrap)
    await log.start()
    await log.create_topics(TOPICS)
    await log.publish([Message(OTLP_SPANS.name, b"k", b"v", {})] * 3)
    await log.stop()
    code, out = await asyncio.to_thread(run, "lag", *at)
    assert code == 0
    lags = {tuple(line.split()[1:]): int(line.split()[0]) for line in out.splitlines()}
    assert lags.pop((OTLP_SPANS.name, "traces")) == 3
    assert set(lags.values()) == {0}


async def test_another_retention_is_an_operators_choice(fresh_kafka: LocalKafka) -> None:
    at = ("--bootstrap", fresh_kafka.bootstrap)
    assert run("apply", *at)[0] == 0
    admin = KafkaAdminClient(bootstrap_servers=fresh_kafka.bootstrap)
    shorter = ConfigResource(ConfigResourceType.TOPIC, OTLP_SPANS.name, {"retention.ms": "3600000"})
    admin.alter_configs([shorter])
    code, out = run("plan", *at)
    assert code == 0
    assert "differs otlp_spans: retention.ms is 3600000" in out
    assert run("apply", *at)[0] == 0
    assert run("plan", *at)[1] == out, "it stays as the operator set it"
    admin.close()


def test_a_topic_with_other_partitions_is_refused_and_nothing_is_changed(
    fresh_kafka: LocalKafka,
) -> None:
    admin = KafkaAdminClient(bootstrap_servers=fresh_kafka.bootstrap)
    admin.create_topics([NewTopic(OTLP_SPANS.name, 2, 1)])
    code, out = run("apply", "--bootstrap", fresh_kafka.bootstrap)
    assert code == 1
    assert "2 partitions, declared 12" in out
    assert set(admin.list_topics()) == {OTLP_SPANS.name}
    admin.close()
