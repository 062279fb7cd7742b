"""GenAI log records, made carriers by the door, come back to the spans that they tell of."""

from collections.abc import Mapping

import orjson
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from libs.contracts.attributes import LOG_BODY, LOG_EVENT
from libs.testkit.otlp import START_NS, described, export_request, happened, span_of
from services.traces.domain.normalise import normalise
from services.traces.domain.normalise.carriers import join

CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini"}
DETAILS = "gen_ai.client.inference.operation.details"
TOLD = {"gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]}


def carrier(
    name: str, attributes: Mapping[str, object], at: int = 0, of: str = "span", span: int = 1
) -> Span:
    made = described(span_of(1, span), {LOG_EVENT: of})
    made.name = ""
    return happened(made, name, attributes, START_NS + at)


def test_a_carrier_replaces_no_span_and_hangs_under_the_one_it_tells_of() -> None:
    event, again = (normalise(export_request(carrier(DETAILS, TOLD)))[0] for _ in range(2))
    assert (event.event_only, event.kind, event.name) == (True, "EVENT", DETAILS)
    assert event.parent_span_id == f"{1:016x}"
    assert event.span_id not in (f"{1:016x}", "")
    assert event.span_id == again.span_id
    assert (event.input, event.tokens_input) == ("hi", None)


def test_two_carriers_of_one_span_are_two_rows() -> None:
    rows = normalise(export_request(carrier(DETAILS, TOLD), carrier(DETAILS, TOLD, at=5)))
    assert rows[0].span_id != rows[1].span_id


def test_a_carrier_in_the_same_record_is_joined_whatever_came_first() -> None:
    chat = described(span_of(1, 1), CHAT)
    for spans in ((chat, carrier(DETAILS, TOLD)), (carrier(DETAILS, TOLD), chat)):
        rows = normalise(export_request(*spans))
        (row,) = (row for row in rows if not row.event_only)
        assert (row.input, row.kind) == ("hi", "LLM")
        assert orjson.loads(row.events_json)[0]["name"] == DETAILS


def test_events_that_came_apart_make_one_conversation_in_time_order() -> None:
    system = {LOG_BODY: {"content": "be brief"}}
    choice = {LOG_BODY: {"index": 0, "finish_reason": "stop", "message": {"content": "hello"}}}
    (row,) = normalise(export_request(described(span_of(1, 1), CHAT)))
    carriers = normalise(
        export_request(
            carrier("gen_ai.choice", choice, at=9),
            carrier("gen_ai.user.message", {LOG_BODY: {"content": "hi"}}, at=2),
            carrier("gen_ai.system.message", system, at=1),
        )
    )
    join(row, carriers)
    assert orjson.loads(row.messages_input_json) == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "hi"},
    ]
    assert (row.input, row.output) == ("hi", "hello")


def test_an_event_that_was_sent_twice_is_joined_once() -> None:
    (row,) = normalise(export_request(described(span_of(1, 1), CHAT)))
    verdict = {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.label": "kind"}
    carriers = normalise(
        export_request(*[carrier("gen_ai.evaluation.result", verdict) for _ in range(2)])
    )
    join(row, carriers)
    join(row, carriers)
    assert len(orjson.loads(row.events_json)) == 1
    assert orjson.loads(row.evaluations_json) == [{"name": "tone", "label": "kind"}]


def test_what_the_span_says_itself_is_not_overwritten() -> None:
    said = [{"role": "user", "parts": [{"type": "text", "content": "from the span"}]}]
    (row,) = normalise(
        export_request(described(span_of(1, 1), {**CHAT, "gen_ai.input.messages": said}))
    )
    join(row, normalise(export_request(carrier(DETAILS, TOLD))))
    assert row.input == "from the span"


def test_a_record_that_named_only_a_trace_is_no_root() -> None:
    (event,) = normalise(export_request(carrier(DETAILS, TOLD, of="trace", span=77)))
    assert event.event_only
    assert event.parent_span_id == f"{77:016x}"
