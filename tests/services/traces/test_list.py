"""The list of traces: newest first, every filter, every page."""

from typing import Any

import pytest

from tests.services.traces.harness import Service, make_span, trace_id


async def ids(service: Service, **query: Any) -> list[int]:
    page = await service.get("traces", **query)
    return [int(one["trace_id"], 16) for one in page["items"]]


async def test_pages_hold_every_trace_once_newest_first(service: Service) -> None:
    for number in range(1, 24):
        await service.send(make_span(1, trace=number, start_ms=number * 4000))
    await service.settle()
    found: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = await service.get("traces", limit=5, **cursor)
        found += [int(one["trace_id"], 16) for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == list(range(23, 0, -1))


async def test_a_trace_stands_at_its_beginning_however_long_it_runs(service: Service) -> None:
    await service.send(make_span(1, trace=1, duration_ms=900_000))
    await service.send(make_span(2, trace=1, parent=1, start_ms=800_000))
    for number in range(2, 12):
        await service.send(make_span(1, trace=number, start_ms=number * 10_000))
    await service.settle()
    assert await ids(service, limit=2) == [11, 10]
    assert (await ids(service, limit=50))[-1] == 1


@pytest.fixture
async def three(service: Service) -> Service:
    """Traces 1 to 3 that differ in everything."""
    kinds = ("LLM", "TOOL", "AGENT")
    for number in (1, 2, 3):
        attributes: dict[str, Any] = {
            "openinference.span.kind": kinds[number - 1],
            "session.id": f"s{number}",
            "user.id": f"u{number}",
            "pawl.agent": f"a{number}",
            "pawl.config.digest": f"sha256:{number}",
            "llm.model_name": f"m{number}",
            "llm.token_count.prompt": number * 100,
            "region": "eu" if number < 3 else "us",
            "attempt": number,
            "long": "x" * 300 + str(number),
            "input.value": f"question {number}",
        }
        root = make_span(
            1,
            trace=number,
            name=f"root{number}",
            start_ms=number * 1000,
            duration_ms=number * 100,
            error=number == 3,
            attributes=attributes,
        )
        child = make_span(2, trace=number, parent=1, name="child", start_ms=number * 1000)
        await service.send(root, child, project=f"p{number}")
    await service.settle()
    return service


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"project": "p2"}, [2]),
        ({"project": ["p1", "p2"]}, [2, 1]),
        ({"session_id": "s1"}, [1]),
        ({"user_id": ["u1", "u3"]}, [3, 1]),
        ({"agent": "a2"}, [2]),
        ({"name": "child"}, [3, 2, 1]),
        ({"name": "root2"}, [2]),
        ({"root_name": "child"}, []),
        ({"root_name": "root3"}, [3]),
        ({"status": "ERROR"}, [3]),
        ({"status": ["OK", "ERROR"]}, [3, 2, 1]),
        ({"kind": "LLM"}, [1]),
        ({"model": "m3"}, [3]),
        ({"config_digest": "sha256:2"}, [2]),
        ({"attribute": "region=eu"}, [2, 1]),
        ({"attribute": ["region=eu", "attempt=2"]}, [2]),
        ({"attribute": "attempt=3"}, [3]),
        ({"attribute": "nothing"}, []),
        ({"attribute": "region"}, [3, 2, 1]),
        ({"attribute": "long=" + "x" * 300 + "2"}, [2]),
        ({"attribute": "input.value=question 1"}, [1]),
        ({"attribute": "input.value"}, [3, 2, 1]),
        ({"duration_ms_min": 150}, [3, 2]),
        ({"duration_ms_max": 150}, [1]),
        ({"tokens_min": 100, "kind": "LLM"}, [1]),
        ({"errors_min": 1}, [3]),
        ({"kind": "LLM", "agent": "a2"}, []),
    ],
)
async def test_each_filter_keeps_exactly_what_fits(
    three: Service, query: dict[str, Any], expected: list[int]
) -> None:
    assert await ids(three, **query) == expected


async def test_time_bounds_are_from_inclusive_to_exclusive(three: Service) -> None:
    page = await three.get("traces")
    second = page["items"][1]["started_at"]
    assert await ids(three, start=second) == [3, 2]
    assert await ids(three, end=second) == [1]


async def test_a_wrong_question_is_answered_with_what_is_wrong(service: Service) -> None:
    answer = await service.get("traces", expect=422, cursor="zzz")
    assert "next_cursor" in answer["detail"]
    answer = await service.get("traces", expect=422, colour="red")
    assert "colour" in answer["detail"]
    answer = await service.get("traces", expect=422, limit=0)
    assert "limit" in answer["detail"]
    await service.get("traces/nonsense", expect=422)
    await service.get(f"traces/{trace_id(99)}", expect=404)


async def test_a_trace_id_in_two_projects_is_two_traces(service: Service) -> None:
    await service.send(make_span(1, name="a"), project="p1")
    await service.send(make_span(1, name="b"), project="p2")
    await service.settle()
    assert len((await service.get("traces"))["items"]) == 2
    answer = await service.get(f"traces/{trace_id(1)}", expect=409)
    assert answer["projects"] == ["p1", "p2"]
    tree = await service.get(f"traces/{trace_id(1)}", project="p2")
    assert tree["summary"]["root_name"] == "b"


async def test_an_id_that_ends_in_zero_bytes_is_an_id_like_any_other(service: Service) -> None:
    ending = [1, 1 << 8, 1 << 16, 1 << 120]
    for place, number in enumerate(ending):
        await service.send(make_span(1 << 56, trace=number, start_ms=place * 1000))
    await service.settle()
    assert await ids(service) == list(reversed(ending))
    for number in ending:
        tree = await service.get(f"traces/{trace_id(number)}")
        assert tree["summary"]["trace_id"] == trace_id(number)
