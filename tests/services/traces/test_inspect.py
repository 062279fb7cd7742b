"""Looking into one trace: preview, find, jq, follow; each with limits that hold."""

import time
from typing import Any

import pytest

from tests.services.traces.harness import Service, make_span, span_id, trace_id

AGENT = {"openinference.span.kind": "AGENT"}


@pytest.fixture
async def trace(service: Service) -> Service:
    """A root, a tool that produces a quote number, and a model that reads it."""
    tool = {
        "openinference.span.kind": "TOOL",
        "input.value": '{"vendor": "Acme"}',
        "output.value": '{"quote": "Q-4711", "path": "a\\"b"}',
    }
    model = {
        "openinference.span.kind": "LLM",
        "input.value": "the quote is Q-4711",
        "output.value": "approve",
        "llm.invocation_parameters": '{"temperature": 0.5}',
        "pawl.facts": '{"vendor": {"name": "Acme"}}',
        "note": "Q-4711 again, Q-4712",
    }
    root = {**AGENT, "input.value": "buy laptops", "output.value": "approve Q-4711"}
    await service.send(
        make_span(1, name="run", duration_ms=100, attributes=root),
        make_span(2, name="quote", parent=1, start_ms=10, duration_ms=20, attributes=tool),
        make_span(3, name="chat", parent=1, start_ms=40, duration_ms=60, attributes=model),
    )
    await service.settle()
    return service


PATH = f"traces/{trace_id(1)}"


async def test_the_preview_shows_shares_and_the_critical_path(trace: Service) -> None:
    preview = await trace.get(f"{PATH}/preview", chars=5)
    lines = {line["name"]: line for line in preview["lines"]}
    assert [line["name"] for line in preview["lines"]] == ["run", "quote", "chat"]
    assert [lines[name]["depth"] for name in ("run", "quote", "chat")] == [0, 1, 1]
    assert lines["chat"]["latency_share"] == pytest.approx(0.6)
    assert lines["run"]["self_share"] == pytest.approx(0.2)
    assert lines["chat"]["critical_share"] == pytest.approx(0.6)
    assert preview["critical_path"] == [span_id(1), span_id(2), span_id(3)]
    assert (lines["run"]["input"], lines["run"]["input_chars"]) == ("buy l", 11)


async def test_find_tells_span_field_offset_and_surroundings(trace: Service) -> None:
    page = await trace.post(f"{PATH}/find", {"pattern": r"Q-\d+"})
    found = {(one["span_name"], one["field"], one["offset"]) for one in page["items"]}
    assert found == {
        ("run", "output", 8),
        ("quote", "output", 11),
        ("chat", "input", 13),
        ("chat", "attributes.note", 0),
        ("chat", "attributes.note", 14),
    }
    assert page["items"][0]["snippet"] == "approve Q-4711"
    assert page["next_cursor"] is None


async def test_find_pages_hold_every_match_once(trace: Service) -> None:
    whole = (await trace.post(f"{PATH}/find", {"pattern": "e"}))["items"]
    found: list[Any] = []
    cursor: str | None = None
    while True:
        body = {"pattern": "e", "limit": 3} | ({"cursor": cursor} if cursor else {})
        page = await trace.post(f"{PATH}/find", body)
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == whole
    assert len(found) > 3


async def test_a_pattern_that_never_ends_is_stopped(service: Service) -> None:
    await service.send(make_span(1, attributes={"text": "a" * 50 + "b"}))
    await service.settle()
    started = time.monotonic()
    answer = await service.post(f"{PATH}/find", {"pattern": r"(a|aa)+$"}, 504)
    assert "stopped" in answer["detail"]
    assert time.monotonic() - started < 3


async def test_a_pattern_that_is_none_is_refused_with_its_place(trace: Service) -> None:
    answer = await trace.post(f"{PATH}/find", {"pattern": "(a"}, 422)
    assert "position" in answer["detail"]


async def test_jq_runs_over_the_spans(trace: Service) -> None:
    answer = await trace.post(f"{PATH}/jq", {"program": '.[] | select(.kind == "LLM") | .name'})
    assert answer == {"results": ["chat"], "truncated": False}


async def test_jq_runs_over_the_json_of_one_attribute(trace: Service) -> None:
    body = {"program": ".vendor.name", "span_id": span_id(3), "field": "attributes.pawl.facts"}
    assert (await trace.post(f"{PATH}/jq", body))["results"] == ["Acme"]
    body = {"program": ".quote", "span_id": span_id(2), "field": "output"}
    assert (await trace.post(f"{PATH}/jq", body))["results"] == ["Q-4711"]


async def test_jq_stops_at_its_limit_of_results(trace: Service) -> None:
    answer = await trace.post(f"{PATH}/jq", {"program": "range(10)", "limit": 3})
    assert answer == {"results": [0, 1, 2], "truncated": True}


@pytest.mark.parametrize(
    "program",
    ["last(range(1e12))", "def f: f; f", '[limit(1e9; repeat("xxxxxxxxxx"))] | length'],
)
async def test_jq_programs_that_loop_or_grow_are_ended(trace: Service, program: str) -> None:
    started = time.monotonic()
    answer = await trace.http.post(f"/api/v1/{PATH}/jq", json={"program": program})
    assert answer.status_code in {422, 504}, answer.text
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ('import "a" as a; .', "not allowed"),
        ('include "a"; .', "not allowed"),
        ('import"/etc/x" as $x; $x', "not allowed"),
        (".[", "jq"),
        ('.[] | error("my words")', "my words"),
    ],
)
async def test_a_program_that_may_not_run_or_fails_says_why(
    trace: Service, program: str, words: str
) -> None:
    answer = await trace.post(f"{PATH}/jq", {"program": program}, 422)
    assert words in answer["detail"]


async def test_jq_sees_no_environment(trace: Service) -> None:
    assert (await trace.post(f"{PATH}/jq", {"program": "env | length"}))["results"] == [0]


async def test_a_field_that_holds_no_json_is_refused(trace: Service) -> None:
    body = {"program": ".", "span_id": span_id(1), "field": "input"}
    assert "not JSON" in (await trace.post(f"{PATH}/jq", body, 422))["detail"]
    body["field"] = "attributes.none"
    assert "attributes.none" in (await trace.post(f"{PATH}/jq", body, 422))["detail"]
    assert (
        "span_id" in (await trace.post(f"{PATH}/jq", {"program": ".", "field": "x"}, 422))["detail"]
    )


async def test_follow_shows_where_a_value_comes_from_and_goes(trace: Service) -> None:
    answer = await trace.get(f"{PATH}/follow", value="Q-4711")
    seen = [(one["span_name"], one["field"], one["role"]) for one in answer["items"]]
    assert seen == [
        ("quote", "output", "origin"),
        ("chat", "attributes.note", "read"),
        ("chat", "input", "read"),
        ("run", "output", "produced"),
    ]
    assert answer["span_ids"] == [span_id(2), span_id(3), span_id(1)]


async def test_follow_finds_a_value_as_it_is_written_inside_json(trace: Service) -> None:
    answer = await trace.get(f"{PATH}/follow", value='a"b')
    assert [one["field"] for one in answer["items"]] == ["output"]
    assert (await trace.get(f"{PATH}/follow", value="nowhere"))["items"] == []
