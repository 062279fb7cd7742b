"""Aggregates and exports: right figures, bounded answers."""

import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.services.traces.harness import Service, make_span, span_id


@pytest.fixture
async def spans(service: Service) -> Service:
    """Ten spans: durations 10 to 100, every second in region eu, the last two are errors."""
    for number in range(1, 11):
        attributes: dict[str, Any] = {
            "openinference.span.kind": "LLM",
            "region": "eu" if number % 2 else "us",
            "score": number / 2,
            "input.value": f"text {number}",
        }
        await service.send(
            make_span(
                number,
                trace=number,
                name="even" if number % 2 == 0 else "odd",
                start_ms=number * 1000,
                duration_ms=number * 10,
                error=number > 8,
                attributes=attributes,
            )
        )
    await service.settle()
    return service


async def ask(service: Service, **body: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await service.post("aggregate", body))["rows"]
    return rows


async def test_figures_by_field(spans: Service) -> None:
    rows = await ask(
        spans,
        group_by=["name"],
        measures=[
            {"op": "count"},
            {"op": "avg", "field": "duration_ms"},
            {"op": "sum", "field": "duration_ms", "name": "total"},
            {"op": "max", "field": "duration_ms"},
            {"op": "errors"},
            {"op": "error_rate"},
            {"op": "traces"},
            {"op": "quantiles", "field": "duration_ms", "quantiles": [0, 1]},
        ],
    )
    assert rows[0]["group"] == {"name": "even"}
    assert rows[0]["values"] == {
        "count": 5,
        "avg_duration_ms": 60.0,
        "total": 300.0,
        "max_duration_ms": 100.0,
        "errors": 1,
        "error_rate": 0.2,
        "traces": 5,
        "quantiles_duration_ms": [20.0, 100.0],
    }


async def test_any_attribute_is_a_group_or_a_figure(spans: Service) -> None:
    rows = await ask(
        spans,
        group_by=["attributes.region", "resource.openinference.project.name"],
        measures=[{"op": "avg", "field": "attributes.score", "name": "score"}],
        order_by="score",
    )
    assert [row["group"]["attributes.region"] for row in rows] == ["us", "eu"]
    assert rows[0]["group"]["resource.openinference.project.name"] == "demo"
    assert [row["values"]["score"] for row in rows] == [3.0, 2.5]


async def test_time_buckets_and_rates(spans: Service) -> None:
    rows = await ask(spans, time_bucket_seconds=5, measures=[{"op": "count"}, {"op": "rate"}])
    assert [row["values"] for row in rows] == [
        {"count": 4, "rate": 0.8},
        {"count": 5, "rate": 1.0},
        {"count": 1, "rate": 0.2},
    ]
    assert rows[0]["time"] < rows[1]["time"]


async def test_a_filter_and_a_limit_bound_the_answer(spans: Service) -> None:
    body = {"filter": {"attribute": [{"key": "region", "equals": "us"}]}, "limit": 2}
    answer = await spans.post("aggregate", body | {"group_by": ["trace_id"]})
    assert answer["truncated"]
    assert len(answer["rows"]) == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"group_by": ["nothing"]}, "expected one of"),
        ({"measures": [{"op": "avg"}]}, "expected field"),
        ({"measures": [{"op": "avg", "field": "name"}]}, "duration_ms"),
        ({"measures": [{"op": "rate"}]}, "time_bucket_seconds"),
        ({"measures": [{"op": "count"}], "order_by": "x"}, "order_by"),
        ({"measures": [{"op": "count"}, {"op": "count"}]}, "different names"),
    ],
)
async def test_a_question_that_makes_no_sense_is_explained(
    service: Service, body: dict[str, Any], words: str
) -> None:
    assert words in (await service.post("aggregate", body, 422))["detail"]


async def test_an_empty_store_answers_without_figures(service: Service) -> None:
    rows = await ask(service, measures=[{"op": "avg", "field": "duration_ms"}, {"op": "count"}])
    assert rows[0]["values"] == {"avg_duration_ms": None, "count": 0}


async def export(service: Service, **body: Any) -> bytes:
    answer = await service.http.post("/api/v1/spans/export", json=body)
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.traces.adapters.export.FIRST_PAGE_SPANS", 3)
    monkeypatch.setattr("services.traces.adapters.export.PAGE_SPANS_MAX", 3)


@pytest.mark.usefixtures("small_pages")
async def test_json_lines_hold_every_span_once_in_key_order(spans: Service) -> None:
    lines = [json.loads(line) for line in (await export(spans)).splitlines()]
    assert [line["span_id"] for line in lines] == [span_id(n) for n in range(1, 11)]
    assert lines[0]["attributes"]["input.value"] == "text 1"
    assert lines[0]["input"] == "text 1"


@pytest.mark.usefixtures("small_pages")
async def test_parquet_holds_the_same(spans: Service) -> None:
    body = await export(spans, format="parquet", filter={"status": ["ERROR"]})
    table = pq.read_table(io.BytesIO(body))
    assert table.column("span_id").to_pylist() == [span_id(9), span_id(10)]
    assert json.loads(table.column("attributes")[0].as_py())["region"] == "eu"
    assert table.column("duration_ms").to_pylist() == [90.0, 100.0]


async def test_an_export_of_nothing_is_empty_but_valid(service: Service) -> None:
    assert await export(service) == b""
    body = await export(service, format="parquet", filter={"project": ["none"]})
    assert pq.read_table(io.BytesIO(body)).num_rows == 0


async def test_an_export_stops_at_its_limit(spans: Service) -> None:
    assert len((await export(spans, limit=4)).splitlines()) == 4
