"""Feedback is durable when accepted and shown once, however often it is posted."""

from typing import Any

from libs.contracts.events import EvaluationRecorded, FeedbackRecorded
from libs.contracts.topics import EVALUATION_RECORDED, FEEDBACK_RECORDED
from libs.eventlog import Message
from libs.testkit.eventlog_suite import Collector
from tests.services.traces.harness import BASE_NS, Service, make_span, trace_id


def posted(**more: Any) -> dict[str, Any]:
    body = {"project": "demo", "trace_id": trace_id(1), "kind": "override", "author": "ann"}
    return body | more


async def test_posted_feedback_is_on_the_topic_and_on_its_trace(service: Service) -> None:
    seen = Collector()
    await service.app.deps.log.subscribe(FEEDBACK_RECORDED.name, "experiments", seen)
    await service.send(make_span(1))
    body = posted(
        expected={"decision": "approve"},
        reason="owed goodwill",
        conditions=["urgency = emergency"],
        precedent="outage",
        example_key="req-1",
        feedback_id="f1",
    )
    answer = await service.post("feedback", body, expect=202)
    assert answer == {"feedback_ids": ["f1"]}
    await seen.until(1)
    event = FeedbackRecorded.model_validate_json(seen.records[0].value)
    assert event.expected == {"decision": "approve"}
    await service.settle()

    [view] = (await service.get(f"traces/{trace_id(1)}"))["feedback"]
    assert view["expected"] == {"decision": "approve"}
    assert (view["reason"], view["precedent"]) == ("owed goodwill", "outage")
    assert (view["conditions"], view["example_key"]) == (["urgency = emergency"], "req-1")


async def test_the_same_feedback_posted_twice_is_shown_once(service: Service) -> None:
    await service.send(make_span(1))
    for reason in ("first", "second"):
        await service.post("feedback", posted(feedback_id="f1", reason=reason), expect=202)
    await service.settle()
    [view] = (await service.get(f"traces/{trace_id(1)}"))["feedback"]
    assert view["reason"] == "second"


async def test_a_list_is_accepted_whole_or_refused_whole(service: Service) -> None:
    answer = await service.post("feedback", [posted(), posted(author="bob")], expect=202)
    assert len(set(answer["feedback_ids"])) == 2
    refused = await service.post("feedback", [posted(), posted(trace_id="no")], expect=422)
    assert "trace_id" in refused["detail"]
    await service.post("feedback", [], expect=422)


async def test_an_evaluation_recorded_twice_is_shown_once(service: Service) -> None:
    await service.send(make_span(1))
    event = EvaluationRecorded.model_validate(
        {
            "evaluation_id": "e1",
            "project": "demo",
            "trace_id": trace_id(1),
            "target": "trace",
            "evaluator": "tool_error",
            "evaluator_version": "1",
            "kind": "code",
            "status": "ok",
            "label": "pass",
            "score": 0.5,
            "passed": True,
            "evidence": [{"span_id": "s", "field": "output", "text": "words"}],
            "evaluated_at": BASE_NS / 1e9,
        }
    )
    message = Message(EVALUATION_RECORDED.name, b"k", event.model_dump_json().encode())
    await service.app.deps.log.publish([message])
    await service.app.deps.log.publish([message])
    await service.settle()
    [view] = (await service.get(f"traces/{trace_id(1)}"))["evaluations"]
    assert (view["label"], view["score"], view["passed"]) == ("pass", 0.5, True)
    assert view["evidence"] == [{"span_id": "s", "field": "output", "text": "words"}]
    listed = await service.get("traces", evaluation_label="pass", evaluator="tool_error")
    assert [one["trace_id"] for one in listed["items"]] == [trace_id(1)]
    assert (await service.get("traces", evaluation_label="fail"))["items"] == []
