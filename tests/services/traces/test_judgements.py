"""Evaluations from the log: a bad one is set aside, the rest is stored."""

from datetime import UTC, datetime

from libs.contracts.events import EvaluationRecorded
from libs.contracts.topics import EVALUATION_RECORDED
from libs.eventlog import Message
from libs.testkit.eventlog_suite import Collector
from tests.services.traces.harness import Service, make_span, trace_id


def recorded(number: int, of_trace: str, revision: int = 1) -> EvaluationRecorded:
    return EvaluationRecorded(
        evaluation_id=f"e{number}",
        project="demo",
        trace_id=of_trace,
        target="trace",
        evaluator="tool_error",
        evaluator_version="1",
        kind="code",
        status="ok",
        label="none",
        trace_revision=revision,
        evaluated_at=datetime.now(UTC),
    )


async def test_what_cannot_be_stored_is_refused_alone(service: Service) -> None:
    name = EVALUATION_RECORDED.name
    events = [recorded(1, trace_id(1)), recorded(2, "no hex"), recorded(3, trace_id(1), -5)]
    values = [event.model_dump_json().encode() for event in events]
    values += [b"{", recorded(4, trace_id(1)).model_dump_json().encode()]
    seen = Collector()
    await service.app.deps.log.subscribe(EVALUATION_RECORDED.dead_letter_name, "test", seen)
    await service.send(make_span(1))
    await service.app.deps.log.publish([Message(name, b"same", value) for value in values])
    await service.settle()
    tree = await service.get(f"traces/{trace_id(1)}")
    assert [one["evaluation_id"] for one in tree["evaluations"]] == ["e1", "e4"]
    await seen.until(3)
    assert {record.value for record in seen.records} == set(values[1:4])
