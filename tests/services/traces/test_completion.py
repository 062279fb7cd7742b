"""TraceCompleted: once a revision, never lost, never early."""

import asyncio
from pathlib import Path

import pytest

from libs.contracts.events import TraceCompleted
from libs.contracts.topics import TRACE_COMPLETED
from libs.testkit.eventlog_suite import Collector
from tests.services.traces.harness import Service, make_span, open_service, trace_id


async def watch(service: Service, group: str = "evaluators") -> Collector:
    seen = Collector()
    await service.app.deps.log.subscribe(TRACE_COMPLETED.name, group, seen)
    return seen


def events(seen: Collector) -> list[TraceCompleted]:
    return [TraceCompleted.model_validate_json(record.value) for record in seen.records]


async def test_a_trace_is_complete_when_its_root_ended_and_it_is_quiet(service: Service) -> None:
    seen = await watch(service)
    await service.send(make_span(2, parent=1, start_ms=1, error=True))
    await service.settle()
    assert not (await service.get(f"traces/{trace_id(1)}"))["summary"]["complete"]

    attributes = {"pawl.agent": "buyer", "pawl.config.digest": "sha256:a", "session.id": "s"}
    attributes["openinference.span.kind"] = "AGENT"
    await service.send(make_span(1, name="root", duration_ms=100, attributes=attributes))
    await seen.until(1)

    [event] = events(seen)
    assert (event.revision, event.span_count, event.error_count) == (1, 2, 1)
    assert (event.agent, event.config_digest, event.session_id) == ("buyer", "sha256:a", "s")
    assert event.root_name == "root"
    assert (event.ended_at - event.started_at).total_seconds() == pytest.approx(0.1)
    assert (await service.get(f"traces/{trace_id(1)}"))["summary"]["complete"]


async def test_a_late_span_publishes_the_next_revision(service: Service) -> None:
    seen = await watch(service)
    await service.send(make_span(1))
    await seen.until(1)
    await service.send(make_span(2, parent=1, start_ms=5))
    await seen.until(2)
    assert [(one.revision, one.span_count) for one in events(seen)] == [(1, 1), (2, 2)]


async def test_the_same_spans_again_publish_nothing(service: Service) -> None:
    seen = await watch(service)
    await service.send(make_span(1))
    await seen.until(1)
    await service.send(make_span(1))
    await service.send(make_span(1, trace=2))
    await seen.until(2)
    await asyncio.sleep(0.5)
    assert [(one.trace_id, one.revision) for one in events(seen)] == [
        (trace_id(1), 1),
        (trace_id(2), 1),
    ]


async def test_a_trace_without_a_root_waits_for_the_longest_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWL_TRACES_QUIET_SECONDS", "0.1")
    monkeypatch.setenv("PAWL_TRACES_OPEN_SECONDS_MAX", "1.5")
    async with open_service(tmp_path) as service:
        seen = await watch(service)
        await service.send(make_span(2, parent=1, name="orphan"))
        await service.settle()
        await asyncio.sleep(0.7)
        assert seen.records == []
        await seen.until(1)
        assert events(seen)[0].root_name == "orphan"


async def test_an_open_trace_survives_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWL_TRACES_QUIET_SECONDS", "1")
    async with open_service(tmp_path) as service:
        await service.send(make_span(1))
        await service.settle()
    async with open_service(tmp_path) as service:
        seen = await watch(service)
        await seen.until(1)
        assert [one.revision for one in events(seen)] == [1]


async def test_a_span_that_comes_after_the_trace_was_forgotten_gets_the_next_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWL_TRACES_QUIET_SECONDS", "0.2")
    monkeypatch.setenv("PAWL_TRACES_REMEMBER_SECONDS", "0.01")
    monkeypatch.setattr("services.traces.main.FORGET_SECONDS", 0.3)
    async with open_service(tmp_path) as service:
        seen = await watch(service)
        await service.send(make_span(1))
        await seen.until(1)
        await asyncio.sleep(1.0)
        await service.send(make_span(1))
        await service.send(make_span(2, parent=1))
        await seen.until(2)
        assert [(one.revision, one.span_count) for one in events(seen)] == [(1, 1), (2, 2)]
