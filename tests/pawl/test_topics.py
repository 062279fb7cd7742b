"""`pawl topics` on a broker of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from typer.testing import CliRunner

from deploy.local import LocalKafka
from libs.contracts.topics import OTLP_SPANS, TOPICS
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


def test_plan_apply_and_lag_on_an_empty_broker(fresh_kafka: LocalKafka) -> None:
    at = ("--bootstrap", fresh_kafka.bootstrap)
    code, out = run("plan", *at)
    assert code == 1
    assert out.count("create") == 2 * len(TOPICS)
    assert run("apply", *at)[0] == 0
    assert run("plan", *at) == (0, "")
    code, out = run("lag", *at)
    assert code == 0
    assert out.count("otlp_spans") == 1


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
