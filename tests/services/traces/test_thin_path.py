"""A span on the log becomes a span in the API; a complete trace is told of once."""

from tests.services.traces.harness import Service, make_span, span_id, trace_id


async def test_spans_on_the_log_are_served_as_a_tree(service: Service) -> None:
    facts = {"openinference.span.kind": "AGENT", "input.value": '{"a": 1}', "pawl.agent": "buyer"}
    await service.send(make_span(1, name="root", duration_ms=50, attributes=facts))
    await service.send(make_span(2, parent=1, start_ms=5, error=True, name="tool"))
    await service.settle()

    tree = await service.get(f"traces/{trace_id(1)}")

    assert tree["summary"]["root_name"] == "root"
    assert tree["summary"]["span_count"] == 2
    assert tree["summary"]["error_count"] == 1
    assert tree["summary"]["agent"] == "buyer"
    assert [span["name"] for span in tree["spans"]] == ["root", "tool"]
    assert tree["spans"][0]["input"] == '{"a": 1}'
    assert tree["spans"][0]["attributes"] == facts
    assert tree["spans"][1]["parent_span_id"] == span_id(1)
