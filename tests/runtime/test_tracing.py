"""One distributed trace: what a handler publishes continues the trace of what it was given."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.contracts.events import ClusterUpdated, EvaluationRecorded, TraceCompleted
from libs.contracts.topics import CLUSTER_UPDATED, EVALUATION_RECORDED, TRACE_COMPLETED
from libs.eventlog import Record
from libs.runtime import App
from libs.runtime.batch_consumer import Refused, parsed
from libs.runtime.envelope import to_message
from libs.runtime.tracing import (
    PARENT,
    UNSAMPLED,
    cause_of,
    continuing,
    continuing_each,
    current_cause,
    is_sampled,
)
from libs.testkit.apps import embedded_deps
from libs.testkit.eventlog_suite import Collector

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def spans() -> Iterator[InMemorySpanExporter]:
    exporter, before = InMemorySpanExporter(), trace._TRACER_PROVIDER
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace._TRACER_PROVIDER = provider
    yield exporter
    trace._TRACER_PROVIDER = before


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


async def test_of_a_batch_each_event_goes_on_in_the_trace_of_its_own_record(
    tmp_path: Path, spans: InMemorySpanExporter
) -> None:
    async with embedded_deps(tmp_path) as deps:
        evaluators, tracer = App("evaluators", deps), trace.get_tracer("test")

        async def evaluate(records: Sequence[Record]) -> Sequence[Refused]:
            pairs, refused = parsed(records, TraceCompleted)
            found = [evaluation(event) for _, event in pairs]
            await evaluators.publish(found, [cause_of(record) for record, _ in pairs])
            return refused

        evaluators.subscribe_batch(TRACE_COMPLETED, evaluate, batch_max=9, batch_wait_seconds=0.2)
        seen = Collector()
        await deps.log.subscribe(EVALUATION_RECORDED.name, "test", seen)
        causes = []
        for _ in range(2):
            with tracer.start_as_current_span("root"):
                causes.append(current_cause())
        messages = [
            to_message(completed(), "traces", NOW, cause) for cause in (*causes, UNSAMPLED, "")
        ]
        await deps.log.publish(messages)
        await evaluators.start()
        await seen.until(4)
        await evaluators.stop()
    handled = {
        span.parent.span_id: span.context
        for span in spans.get_finished_spans()
        if span.name == "evaluators handle trace-completed-v1" and span.parent and span.context
    }
    wanted = []
    for cause in causes:
        own = handled[int(cause.split("-")[2], 16)]
        wanted.append(f"00-{cause.split('-')[1]}-{own.span_id:016x}")
    *traced, unsampled, untraced = [one.headers.get(PARENT) for one in seen.records]
    assert [one and one[:-3] for one in traced] == wanted
    assert (unsampled, untraced) == (UNSAMPLED, None)


@pytest.mark.parametrize("cause", ["", "nonsense", UNSAMPLED])
def test_without_a_sampled_cause_there_is_no_span(cause: str, spans: InMemorySpanExporter) -> None:
    before = len(spans.get_finished_spans())
    with continuing(cause, "miner draft"), continuing_each([cause], "traces complete"):
        assert not is_sampled(current_cause())
    assert len(spans.get_finished_spans()) == before


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
