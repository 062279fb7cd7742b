"""Many traces read at once are the same as each read alone."""

from typing import Any

import pytest

from libs.contracts.api import TraceTrees
from services.traces.adapters import several
from tests.services.traces.harness import Service, make_span, span_id, trace_id
from tests.services.traces.test_log_events import carrier

TRACES = 5


@pytest.fixture
async def stored(service: Service) -> Service:
    """Traces of a root and two children that ended in another order than that of their ids."""
    for trace in range(1, TRACES + 1):
        root = trace * 10
        attributes: dict[str, Any] = {"input.value": "?" * 100, "n": trace, "list": '["a"]'}
        await service.send(
            make_span(root, trace=trace, name="root", attributes=attributes),
            make_span(root + 1, trace=trace, parent=root, start_ms=20, name="last"),
            make_span(root + 2, trace=trace, parent=root, start_ms=10, name="first"),
        )
    await service.send(make_span(99, trace=1, name="elsewhere"), project="other")
    await service.settle()
    return service


async def read(service: Service, *traces: int) -> dict[str, Any]:
    ids = [trace_id(trace).upper() for trace in traces]
    answer: dict[str, Any] = await service.post(
        "traces/read", {"project": "demo", "trace_ids": ids}
    )
    return answer


async def test_they_are_what_each_alone_is(stored: Service) -> None:
    answer = await read(stored, 2, 1, 2)
    assert answer["left"] == []
    for number, tree in enumerate(TraceTrees.model_validate(answer).items, start=1):
        alone = await stored.get(f"traces/{trace_id(number)}", project="demo")
        assert tree.model_dump(mode="json") == alone
        assert [span.name for span in tree.spans] == ["root", "first", "last"]


async def test_a_trace_that_is_not_there_is_left_out(stored: Service) -> None:
    answer = await read(stored, 4, 77)
    assert [tree["summary"]["trace_id"] for tree in answer["items"]] == [trace_id(4)]


async def test_log_events_stand_on_their_own_trace_and_span(stored: Service) -> None:
    told = carrier(30, belongs_to="trace", name="relevance")
    told.trace_id = (3).to_bytes(16, "big")
    await stored.send(told)
    await stored.settle()
    first, third = (await read(stored, 1, 3))["items"]
    assert [span["events"] for span in first["spans"]] == [[], [], []]
    shown = {span["span_id"]: span["events"] for span in third["spans"]}
    assert shown[span_id(30)][0]["name"] == "gen_ai.evaluation.result"
    assert shown[span_id(31)] == []


@pytest.mark.parametrize("page", [2, 3, 4])
async def test_a_full_answer_names_what_is_left(
    stored: Service, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(several, "SPANS_MAX", page)
    monkeypatch.setattr(several, "CHARS_MAX", 1)
    wanted, seen = list(range(1, TRACES + 1)), []
    while wanted:
        answer = await read(stored, *wanted)
        assert answer["items"]
        assert all(len(tree["spans"]) == 3 for tree in answer["items"])
        seen += [int(tree["summary"]["trace_id"], 16) for tree in answer["items"]]
        wanted = [int(one, 16) for one in answer["left"]]
    assert seen == list(range(1, TRACES + 1))


async def test_too_many_or_none_are_refused(service: Service) -> None:
    for ids in ([], [trace_id(1)] * 501, ["x"]):
        await service.post("traces/read", {"project": "demo", "trace_ids": ids}, expect=422)
