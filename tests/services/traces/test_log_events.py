"""What log records tell of a span is shown on it, whichever came first."""

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from libs.contracts.attributes import LOG_EVENT
from tests.services.traces.harness import (
    BASE_NS,
    Service,
    attribute,
    make_span,
    span_id,
    trace_id,
)


def carrier(number: int, belongs_to: str = "span", **told: object) -> Span:
    """As the door makes it from a log record."""
    span = make_span(number, name="", attributes={LOG_EVENT: belongs_to})
    span.events.append(
        Span.Event(
            name="gen_ai.evaluation.result",
            time_unix_nano=BASE_NS,
            attributes=[
                attribute(f"gen_ai.evaluation.{key}", value) for key, value in told.items()
            ],
        )
    )
    return span


@pytest.mark.parametrize("span_first", [True, False])
async def test_an_event_is_joined_to_its_span_and_is_no_span(
    service: Service, span_first: bool
) -> None:
    span = make_span(1, name="chat")
    event = carrier(1, name="relevance", **{"score.value": 0.75, "score.label": "good"})
    for one in (span, event) if span_first else (event, span):
        await service.send(one)
        await service.settle()

    tree = await service.get(f"traces/{trace_id(1)}")
    assert [one["name"] for one in tree["spans"]] == ["chat"]
    assert tree["spans"][0]["events"][0]["name"] == "gen_ai.evaluation.result"
    assert (await service.get(f"spans/{span_id(1)}"))["events"] == tree["spans"][0]["events"]
    [told] = tree["evaluations"]
    assert (told["evaluator"], told["label"], told["score"]) == ("relevance", "good", 0.75)
    assert (told["kind"], told["span_id"]) == ("sender", span_id(1))
    found = await service.post(f"traces/{trace_id(1)}/find", {"pattern": "relevance"})
    assert [one["field"] for one in found["items"]] == ["events"]


async def test_events_of_a_trace_belong_to_its_root(service: Service) -> None:
    await service.send(make_span(1, name="root"), make_span(2, parent=1))
    await service.send(carrier(9, "trace", name="helpful"))
    await service.settle()
    tree = await service.get(f"traces/{trace_id(1)}")
    assert [len(one["events"]) for one in tree["spans"]] == [1, 0]
    assert tree["summary"]["span_count"] == 2


async def test_the_same_event_sent_again_is_shown_once(service: Service) -> None:
    await service.send(make_span(1))
    for _ in range(3):
        await service.send(carrier(1, name="relevance"))
    await service.settle()
    tree = await service.get(f"traces/{trace_id(1)}")
    assert len(tree["spans"][0]["events"]) == 1
    assert len(tree["evaluations"]) == 1
