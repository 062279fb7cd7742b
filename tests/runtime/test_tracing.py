"""One distributed trace: what a handler publishes continues the trace of what it was given."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.contracts.events import ClusterUpdated, EvaluationRecorded, TraceCompleted
from libs.contracts.topics import CLUSTER_UPDATED
from libs.runtime import App
from libs.testkit.apps import embedded_deps
from libs.testkit.eventlog_suite import Collector

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def spans() -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace._set_tracer_provider(provider, log=False)
    return exporter


async def test_trace_context_flows_through_two_services(
    tmp_path: Path, spans: InMemorySpanExporter
) -> None:
    async with embedded_deps(tmp_path) as deps:
        traces, evaluators, clustering = (
            App(name, deps) for name in ("traces", "evaluators", "clustering")
        )

        async def evaluate(event: TraceCompleted) -> None:
            await evaluators.publish([evaluation(event)])

        async def cluster(event: EvaluationRecorded) -> None:
            await clustering.publish([updated()])

        evaluators.subscribe(TraceCompleted, evaluate)
        clustering.subscribe(EvaluationRecorded, cluster)
        seen = Collector()
        await deps.log.subscribe(CLUSTER_UPDATED.name, "test", seen)
        for app in (evaluators, clustering):
            await app.start()
        with trace.get_tracer("test").start_as_current_span("root") as root:
            await traces.publish([completed()])
        await seen.until(1)
        for app in (evaluators, clustering):
            await app.stop()
    trace_id = f"{root.get_span_context().trace_id:032x}"
    assert trace_id in seen.records[0].headers["traceparent"]
    names = {one.name for one in spans.get_finished_spans()}
    assert "clustering handle evaluation-recorded-v1" in names


def completed() -> TraceCompleted:
    return TraceCompleted(
        project="p",
        trace_id="1" * 32,
        root_name="r",
        started_at=NOW,
        ended_at=NOW,
        span_count=1,
        error_count=0,
    )


def evaluation(event: TraceCompleted) -> EvaluationRecorded:
    return EvaluationRecorded(
        evaluation_id="e",
        project=event.project,
        trace_id=event.trace_id,
        target="trace",
        evaluator="x",
        evaluator_version="1",
        kind="code",
        status="ok",
        evaluated_at=NOW,
    )


def updated() -> ClusterUpdated:
    return ClusterUpdated(
        cluster_id="c",
        agent="a",
        name="n",
        status="open",
        failure="f",
        size=1,
        revision=1,
        updated_at=NOW,
    )
