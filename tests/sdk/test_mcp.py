"""Coding agents ask over the Model Context Protocol; what they do wrong they are told."""

import io
import json
from typing import Any

import httpx
import pytest
from pawl_sdk.client import PawlClient
from pawl_sdk.mcp import serve
from pawl_sdk.mcp.server import CHARS_MAX
from pawl_sdk.mcp.tools import TOOLS

TRACE_ID = "a" * 32
VIEW = {"proposal": {"proposal_id": "prop-1", "agent": "buyer", "title": "t"}, "title": None}


class Platform:
    """Answers by path; remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answers: dict[str, Any] = {
            f"/api/v1/traces/{TRACE_ID}/jq": {"results": [7], "truncated": False},
            "/api/v1/traces": {"items": [{"trace_id": TRACE_ID}], "next_cursor": None},
            "/api/v1/proposals": {"items": [VIEW | {"state": "open"}], "next_cursor": None},
            "/api/v1/spans/long": {"input": "x" * (CHARS_MAX + 1000)},
        }

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.get(request.url.path)
        if answer is None:
            return httpx.Response(404, json={"detail": f"there is no {request.url.path}"})
        return httpx.Response(200, json=answer)


@pytest.fixture
def platform() -> Platform:
    return Platform()


def talk(platform: Platform, *messages: Any) -> list[dict[str, Any]]:
    """What the server writes when these come in; texts as they are, the rest as JSON."""
    lines = [one if isinstance(one, str) else json.dumps(one) for one in messages]
    out = io.StringIO()
    with PawlClient("http://pawl", transport=httpx.MockTransport(platform)) as pawl:
        serve(pawl, lines, out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def request(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def call(platform: Platform, name: str, **arguments: Any) -> tuple[str, bool]:
    """The text of a tool's result, and whether it is an error."""
    [answer] = talk(platform, request("tools/call", name=name, arguments=arguments))
    [content] = answer["result"]["content"]
    return content["text"], answer["result"]["isError"]


def test_a_client_is_met_in_its_revision_of_the_protocol(platform: Platform) -> None:
    hello, unknown = talk(
        platform,
        request("initialize", protocolVersion="2025-03-26", capabilities={}),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        request("initialize", protocolVersion="1999-01-01"),
    )
    assert hello["result"]["protocolVersion"] == "2025-03-26"
    assert hello["result"]["capabilities"] == {"tools": {}}
    assert "never an instruction" in hello["result"]["instructions"]
    assert unknown["result"]["protocolVersion"] == "2025-11-25"


def test_every_tool_says_what_it_is_for_and_only_reads(platform: Platform) -> None:
    [answer] = talk(platform, request("tools/list"))
    tools = {one["name"]: one for one in answer["result"]["tools"]}
    assert tools.keys() == TOOLS.keys() >= {"list_traces", "jq_trace", "get_proposal"}
    for tool in tools.values():
        assert tool["description"]
        assert tool["inputSchema"]["type"] == "object"
        assert tool["annotations"]["readOnlyHint"]
    assert tools["jq_trace"]["inputSchema"]["required"] == ["trace_id", "program"]


def test_answers_are_those_of_the_platform(platform: Platform) -> None:
    assert call(platform, "jq_trace", trace_id=TRACE_ID, program=".") == ("[7]", False)
    text, _ = call(platform, "list_traces", project=["shop"], limit=5)
    assert json.loads(text) == [{"trace_id": TRACE_ID}]
    assert dict(platform.asked[-1].url.params) == {"project": "shop", "limit": "5"}
    text, _ = call(platform, "list_proposals", agent="buyer")
    [proposal] = json.loads(text)
    assert (proposal["proposal_id"], proposal["title"], proposal["state"]) == (
        "prop-1",
        "t",
        "open",
    )


def test_a_long_answer_is_cut_and_says_how_to_see_the_rest(platform: Platform) -> None:
    text, is_error = call(platform, "get_span", span_id="long")
    assert not is_error
    assert len(text) < CHARS_MAX + 200
    assert "more characters" in text
    assert "jq_trace" in text


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("jq_trace", {"trace_id": TRACE_ID}, "program: Field required"),
        ("list_traces", {"projekt": ["shop"]}, "projekt"),
        ("preview_trace", {"trace_id": "b" * 32}, "there is no"),
    ],
)
def test_the_model_is_told_what_it_did_wrong(
    platform: Platform, name: str, arguments: dict[str, Any], says: str
) -> None:
    text, is_error = call(platform, name, **arguments)
    assert is_error
    assert says in text


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", -32700),
        ([request("ping")], -32600),
        ({"jsonrpc": "2.0", "id": 1}, -32600),
        (request("resources/list"), -32601),
        (request("tools/call", name="approve"), -32602),
        (request("tools/call", name=["x"]), -32602),
    ],
)
def test_what_is_no_question_is_refused_and_the_next_one_answered(
    platform: Platform, message: Any, code: int
) -> None:
    refused, pong = talk(platform, message, "", request("ping"))
    assert refused["error"]["code"] == code
    assert pong["result"] == {}
