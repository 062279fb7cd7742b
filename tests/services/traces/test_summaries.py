"""A trace and its line in the list say the same, though one is summed up by the other's rows."""

import random
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.services.traces.harness import Service, make_span, trace_id

TRACES, SPANS_MAX = 40, 7
KINDS = ("LLM", "EMBEDDING", "RERANKER", "TOOL", "AGENT", "CHAIN")


def odd_span(chance: random.Random, trace: int, number: int) -> Span:
    """Any parent or none, any kind, some texts missing, some clocks wrong."""
    names = ("pawl.agent", "session.id", "user.id", "pawl.config.digest")
    attributes: dict[str, Any] = {
        name: f"{name} {chance.randrange(3)}" for name in names if chance.random() < 0.5
    }
    attributes["openinference.span.kind"] = chance.choice(KINDS)
    if chance.random() < 0.7:
        attributes["llm.token_count.prompt"] = chance.randrange(1000)
        attributes["llm.model_name"] = "claude-sonnet-4-5"
    if chance.random() < 0.5:
        attributes["llm.token_count.completion"] = chance.randrange(1000)
    span = make_span(
        number,
        trace=trace,
        parent=chance.choice((None, None, 1, 2, 99)),
        start_ms=chance.randrange(5),
        duration_ms=chance.randrange(-20, 50),
        name=f"step {number}",
        error=chance.random() < 0.3,
        attributes=attributes,
    )
    if chance.random() < 0.1:
        span.start_time_unix_nano = 0
    if chance.random() < 0.1:
        span.end_time_unix_nano = 0
    return span


async def test_a_trace_and_its_line_in_the_list_say_the_same(service: Service) -> None:
    chance = random.Random(7)
    for trace in range(1, TRACES + 1):
        count = chance.randrange(1, SPANS_MAX)
        spans = [odd_span(chance, trace, number) for number in range(1, count + 1)]
        await service.send(*spans)
    await service.settle()
    page = await service.get("traces", limit=1000)
    listed = {one["trace_id"]: one for one in page["items"]}
    assert len(listed) == TRACES
    for trace in range(1, TRACES + 1):
        shown = (await service.get(f"traces/{trace_id(trace)}"))["summary"]
        line = listed[trace_id(trace)]
        assert shown.pop("cost_usd") == pytest.approx(line.pop("cost_usd"))
        assert shown | {"complete": None} == line | {"complete": None}
