"""Phoenix's REST span endpoint: what tracers of coding harnesses send is kept as OTLP."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from libs.runtime.keys import KeysFile, new_key, write_keys

if TYPE_CHECKING:
    from tests.services.ingest.conftest import Open, Opened

TRACE = "5b8efff798038103d269b633813fc60c"
SPAN: dict[str, Any] = {
    "id": "ignored",
    "name": "Turn 1",
    "context": {"trace_id": TRACE, "span_id": "eee19b7ec3c1b174"},
    "parent_id": "eee19b7ec3c1b173",
    "span_kind": "chain",
    "start_time": "2026-01-31T12:00:00.000001Z",
    "end_time": "2026-01-31T14:00:05+02:00",
    "status_code": "ERROR",
    "status_message": "stopped",
    "attributes": {
        "input.value": "hello",
        "llm": {"token_count": {"prompt": 5}, "input_messages": [{"message": {"role": "user"}}]},
        "tag.tags": ["a", "b"],
        "score": 0.5,
        "ok": True,
        "none": None,
    },
    "events": [
        {"name": "exception", "timestamp": "2026-01-31T12:00:01Z", "attributes": {"message": "m"}}
    ],
}


def by_key(message: Span | Span.Event) -> dict[str, Any]:
    return {pair.key: pair.value for pair in message.attributes}


async def test_a_span_becomes_otlp_in_the_project_of_the_path(door: "Opened") -> None:
    answer = await door.client.post("/v1/projects/my%20shop/spans", json={"data": [SPAN]})
    assert (answer.status_code, answer.json()) == (202, {"total_received": 1, "total_queued": 1})
    ((request,),) = (await door.written()).values()
    resource = request.resource_spans[0].resource.attributes
    assert [(a.key, a.value.string_value) for a in resource] == [
        ("openinference.project.name", "my shop")
    ]
    span = request.resource_spans[0].scope_spans[0].spans[0]
    assert (span.trace_id.hex(), span.span_id.hex()) == (TRACE, "eee19b7ec3c1b174")
    assert span.parent_span_id.hex() == "eee19b7ec3c1b173"
    assert span.end_time_unix_nano - span.start_time_unix_nano == 4_999_999_000
    assert (span.status.code, span.status.message) == (Status.STATUS_CODE_ERROR, "stopped")
    values = by_key(span)
    assert values["openinference.span.kind"].string_value == "CHAIN"
    assert values["llm.token_count.prompt"].int_value == 5
    assert values["llm.input_messages.0.message.role"].string_value == "user"
    assert [v.string_value for v in values["tag.tags"].array_value.values] == ["a", "b"]
    assert (values["score"].double_value, values["ok"].bool_value) == (0.5, True)
    assert "none" not in values
    assert by_key(span.events[0])["message"].string_value == "m"


async def test_ids_that_are_no_otel_ids_are_hashed_and_remembered(door: "Opened") -> None:
    parent = SPAN | {"context": {"trace_id": "t 1", "span_id": "s 1"}, "parent_id": None}
    child = SPAN | {"context": {"trace_id": "t 1", "span_id": "s 2"}, "parent_id": "s 1"}
    answer = await door.client.post("/v1/projects/p/spans", json={"data": [parent, child]})
    assert answer.status_code == 202
    first, second = await door.spans()
    assert second.trace_id == first.trace_id
    assert second.parent_span_id == first.span_id
    assert by_key(second)["phoenix.context.span_id"].string_value == "s 2"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"context": {"trace_id": TRACE}}, "context.span_id must be an id"),
        ({"start_time": "yesterday"}, "data[1].start_time must be a time"),
        ({"start_time": None}, "data[1].start_time must be a time"),
        ({"start_time": "1950-01-01T00:00:00Z"}, "a time after 1970"),
        ({"attributes": [1]}, "data[1].attributes must be an object"),
        ({"events": [{"timestamp": 5}]}, "data[1].events[0].timestamp must be a string"),
    ],
)
async def test_one_invalid_span_refuses_them_all(
    door: "Opened", change: dict[str, Any], said: str
) -> None:
    answer = await door.client.post("/v1/projects/p/spans", json={"data": [SPAN, SPAN | change]})
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    assert await door.spans() == []


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"data": 1}', '{"data": [1]}'])
async def test_a_body_of_another_shape_is_400(door: "Opened", body: str) -> None:
    answer = await door.client.post(
        "/v1/projects/p/spans", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_key_sends_only_to_its_projects(open_door: "Open", tmp_path: Path) -> None:
    secret, entry = new_key("k", frozenset({"ingest"}), frozenset({"shop"}))
    write_keys(tmp_path / "keys.yaml", KeysFile(keys=(entry,)))
    async with open_door(keys_file=tmp_path / "keys.yaml") as door:
        headers = {"api_key": secret}
        body = {"data": [SPAN]}
        assert (await door.client.post("/v1/projects/shop/spans", json=body)).status_code == 401
        other = await door.client.post("/v1/projects/bank/spans", json=body, headers=headers)
        assert other.status_code == 403
        own = await door.client.post("/v1/projects/shop/spans", json=body, headers=headers)
        assert own.status_code == 202
