"""Projects, sessions, single spans."""

from tests.services.traces.harness import Service, make_span, span_id, trace_id

SESSION = {"openinference.span.kind": "LLM", "session.id": "team/a b", "user.id": "u"}
TOKENS = {"llm.token_count.prompt": 10, "llm.token_count.completion": 5}


async def test_projects_are_counted_and_paged_by_name(service: Service) -> None:
    for number, project in enumerate(["beta", "alpha", "gamma"], start=1):
        spans = [make_span(n, trace=number, parent=n - 1, error=n == 2) for n in range(1, 4)]
        await service.send(*spans, project=project)
    await service.send(make_span(1, trace=9), project="alpha")
    await service.settle()

    page = await service.get("projects", limit=2)
    assert [one["name"] for one in page["items"]] == ["alpha", "beta"]
    counts = {key: page["items"][0][key] for key in ("span_count", "trace_count", "error_count")}
    assert counts == {"span_count": 4, "trace_count": 2, "error_count": 1}
    last = await service.get("projects", limit=2, cursor=page["next_cursor"])
    assert [one["name"] for one in last["items"]] == ["gamma"]
    assert last["next_cursor"] is None


async def test_a_session_holds_its_traces_oldest_first(service: Service) -> None:
    for number in range(1, 6):
        start = number * 1000
        attributes = SESSION | TOKENS
        await service.send(make_span(1, trace=number, start_ms=start, attributes=attributes))
    await service.send(make_span(1, trace=9, attributes={"session.id": "other"}))
    await service.settle()

    session = await service.get("sessions/team/a b", limit=3)
    assert [one["trace_id"] for one in session["traces"]] == [trace_id(n) for n in (1, 2, 3)]
    assert (session["trace_count"], session["span_count"], session["tokens_total"]) == (5, 5, 75)
    assert session["user_ids"] == ["u"]
    rest = await service.get("sessions/team/a b", limit=3, cursor=session["next_cursor"])
    assert [one["trace_id"] for one in rest["traces"]] == [trace_id(4), trace_id(5)]
    assert rest["next_cursor"] is None
    await service.get("sessions/nobody", expect=404)


async def test_a_span_is_found_by_its_id_alone(service: Service) -> None:
    await service.send(make_span(7, name="seven", attributes=SESSION | {"x": 1.5, "flag": True}))
    await service.settle()
    span = await service.get(f"spans/{span_id(7)}")
    assert (span["name"], span["trace_id"]) == ("seven", trace_id(1))
    assert span["attributes"] == SESSION | {"x": 1.5, "flag": True}
    await service.get(f"spans/{span_id(8)}", expect=404)


async def test_a_span_sent_again_replaces_the_earlier_one(service: Service) -> None:
    await service.send(make_span(1, name="first", attributes=SESSION))
    await service.settle()
    await service.send(make_span(1, name="second", start_ms=86_400_000, attributes=SESSION))
    await service.settle()
    assert (await service.get(f"spans/{span_id(1)}"))["name"] == "second"
    tree = await service.get(f"traces/{trace_id(1)}")
    assert [span["name"] for span in tree["spans"]] == ["second"]
    assert [one["span_count"] for one in (await service.get("traces"))["items"]] == [1]
    assert (await service.get("projects"))["items"][0]["span_count"] == 1
    counted = await service.post("aggregate", {"measures": [{"op": "count"}]})
    assert counted["rows"][0]["values"] == {"count": 1}


async def test_what_a_span_was_before_it_was_sent_again_is_found_nowhere(service: Service) -> None:
    old = SESSION | {"region": "eu", "pawl.agent": "old"}
    await service.send(make_span(1, name="first", error=True, attributes=old))
    await service.settle()
    await service.send(make_span(1, name="second", attributes={"region": "us"}))
    await service.settle()
    for query in ({"name": "first"}, {"status": "ERROR"}, {"attribute": "region=eu"}):
        assert (await service.get("traces", **query))["items"] == []
    for filter in ({"name": ["first"]}, {"status": ["ERROR"]}, {"agent": ["old"]}):
        counted = await service.post("aggregate", {"filter": filter})
        assert counted["rows"][0]["values"] == {"count": 0}
        exported = await service.http.post("/api/v1/spans/export", json={"filter": filter})
        assert exported.content == b""
