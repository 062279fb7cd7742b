"""Retention, readiness, metrics, settings."""

import time
from pathlib import Path

import pytest

from libs.eventlog import Record
from libs.runtime.errors import StartupError
from libs.storage.clickhouse import ClickHouse
from tests.services.traces.harness import Service, make_span, open_service, request_of

DAY_MS = 86_400_000


def store_of(service: Service) -> ClickHouse:
    store = service.app.health.probes["clickhouse"].__self__  # type: ignore[attr-defined]
    assert isinstance(store, ClickHouse)
    return store


async def deliver(service: Service, number: int, project: str, days_ago: int) -> None:
    """A record as old as that, straight from the log's side."""
    [plan] = [plan for plan in service.app._planned if plan.topic.name == "otlp_spans"]
    value = request_of(make_span(number, trace=number), project=project).SerializeToString()
    at_ms = int(time.time() * 1000) - days_ago * DAY_MS
    record = Record("otlp_spans", b"k", value, {}, 0, number, at_ms)
    await plan.consumer.deliver([record])


async def test_each_project_keeps_its_spans_for_its_own_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWL_TRACES_RETENTION_DAYS", "30")
    monkeypatch.setenv("PAWL_TRACES_RETENTION_DAYS_BY_PROJECT", '{"staging": 7}')
    async with open_service(tmp_path) as service:
        for number, (project, days_ago) in enumerate(
            [("live", 10), ("live", 40), ("staging", 5), ("staging", 10)], start=1
        ):
            await deliver(service, number, project, days_ago)
        await store_of(service).command("OPTIMIZE TABLE spans FINAL")
        rows = await store_of(service).rows(
            "SELECT project, toUInt8(reinterpretAsUInt64(reverse(span_id))) FROM spans ORDER BY 2"
        )
    assert list(rows) == [("live", 1), ("staging", 3)]


async def test_readiness_asks_the_store(service: Service) -> None:
    assert (await service.http.get("/readyz")).status_code == 200

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is gone")

    store_of(service).rows = broken  # type: ignore[method-assign,assignment]
    answer = await service.http.get("/readyz")
    assert answer.status_code == 503
    assert "the disk is gone" in answer.json()["problems"]["clickhouse"]


async def test_metrics_tell_of_spans_inserts_and_lags(service: Service) -> None:
    await service.send(make_span(1), make_span(2, parent=1))
    await service.settle()
    text = (await service.http.get("/metrics")).text
    assert "pawl_traces_spans_stored_total 2.0" in text
    assert "pawl_traces_insert_seconds_count 1.0" in text
    assert "pawl_traces_queryable_lag_seconds_count 1.0" in text


async def test_a_wrong_price_table_is_told_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prices.yaml").write_text("models: 3")
    monkeypatch.setenv("PAWL_TRACES_PRICES_FILE", str(tmp_path / "prices.yaml"))
    with pytest.raises(StartupError, match=r"PAWL_TRACES_PRICES_FILE.*models"):
        async with open_service(tmp_path):
            pass


async def test_a_price_table_of_ones_own_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prices.yaml").write_text("models:\n  my-model: {input: 1000, output: 0}\n")
    monkeypatch.setenv("PAWL_TRACES_PRICES_FILE", str(tmp_path / "prices.yaml"))
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.model_name": "my-model",
        "llm.token_count.prompt": 3,
        "llm.token_count.completion": 1,
    }
    async with open_service(tmp_path) as service:
        await service.send(make_span(1, attributes=attributes))
        await service.settle()
        [summary] = (await service.get("traces"))["items"]
    assert (summary["cost_usd"], summary["tokens_total"]) == (0.003, 4)
