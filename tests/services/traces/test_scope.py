"""A key sees its projects and nothing else, on every path."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from libs.runtime.keys import KeysFile, new_key, write_keys
from tests.services.traces.harness import Service, make_span, open_service, span_id, trace_id


@pytest.fixture
async def keyed(tmp_path: Path) -> AsyncIterator[tuple[Service, dict[str, str]]]:
    """Trace 1 in project mine, trace 2 in theirs; the key reads mine only."""
    secret, entry = new_key("reader", frozenset({"read"}), frozenset({"mine"}))
    reviewer, review_entry = new_key("rev", frozenset({"review"}), frozenset({"mine"}))
    write_keys(tmp_path / "keys.yaml", KeysFile(keys=(entry, review_entry)))
    async with open_service(tmp_path, keys_file=tmp_path / "keys.yaml") as service:
        for number, project in ((1, "mine"), (2, "theirs")):
            attributes = {"session.id": "s", "openinference.span.kind": "LLM", "word": "secret"}
            span = make_span(number, trace=number, attributes=attributes)
            await service.send(span, project=project)
        await service.settle()
        service.http.headers["x-api-key"] = secret
        yield service, {"x-api-key": reviewer}


async def test_every_reading_path_is_scoped(keyed: tuple[Service, dict[str, str]]) -> None:
    service, _ = keyed
    assert [one["project"] for one in (await service.get("traces"))["items"]] == ["mine"]
    assert (await service.get("traces", project="theirs"))["items"] == []
    assert [one["name"] for one in (await service.get("projects"))["items"]] == ["mine"]
    assert (await service.get("sessions/s"))["trace_count"] == 1
    counted = await service.post("aggregate", {"filter": {"project": ["theirs", "mine"]}})
    assert counted["rows"][0]["values"] == {"count": 1}
    for project in ("mine", "theirs"):
        asked = {"project": project, "trace_ids": [trace_id(1), trace_id(2)]}
        items = (await service.post("traces/read", asked))["items"]
        assert len(items) == (project == "mine")
    exported = await service.http.post("/api/v1/spans/export", json={})
    assert len(exported.content.splitlines()) == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"traces/{trace_id(2)}", None),
        ("GET", f"traces/{trace_id(2)}?project=theirs", None),
        ("GET", f"traces/{trace_id(2)}/preview", None),
        ("POST", f"traces/{trace_id(2)}/find", {"pattern": "secret"}),
        ("POST", f"traces/{trace_id(2)}/jq", {"program": "."}),
        ("GET", f"traces/{trace_id(2)}/follow?value=secret", None),
        ("GET", f"spans/{span_id(2)}", None),
        ("GET", "sessions/s?project=theirs", None),
    ],
)
async def test_what_may_not_be_seen_does_not_exist(
    keyed: tuple[Service, dict[str, str]], method: str, path: str, body: Any
) -> None:
    service, _ = keyed
    answer = await service.http.request(method, f"/api/v1/{path}", json=body)
    assert answer.status_code == 404, answer.text


async def test_feedback_needs_the_review_scope_and_the_project(
    keyed: tuple[Service, dict[str, str]],
) -> None:
    service, reviewer = keyed
    body = {"project": "mine", "trace_id": trace_id(1), "kind": "thumb", "author": "a"}
    assert "review" in (await service.post("feedback", body, 403))["detail"]
    service.http.headers.update(reviewer)
    await service.post("feedback", body, 202)
    assert "theirs" in (await service.post("feedback", body | {"project": "theirs"}, 403))["detail"]


async def test_without_a_key_nothing_is_told(keyed: tuple[Service, dict[str, str]]) -> None:
    service, _ = keyed
    del service.http.headers["x-api-key"]
    await service.get("traces", expect=401)
