"""`pawl` at a terminal and over the Model Context Protocol, as a coding agent uses it."""

import json
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Platform, send, until


def test_a_coding_agent_finds_its_way_with_the_command_line(
    platform: Platform, tmp_path: Path
) -> None:
    trace_id = send(platform, "shop", "shop", "ask about the order")
    platform.spans("shop", 1, name="ask about the order")

    def told(*words: str, holder: str = "shop") -> Any:
        ran = platform.cli(*words, holder=holder)
        assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
        return [json.loads(line) for line in ran.stdout.splitlines()]

    [listed] = told("traces", "list", "--name", "ask about the order", "--json")
    assert [one["trace_id"] for one in listed] == [trace_id]
    [tree] = told("traces", "show", trace_id, "--json")
    assert tree["spans"][0]["output"] == "it left yesterday"
    [found] = told("traces", "find", trace_id, "LEFT.*day", "-i", "--json")
    assert [(one["field"], one["offset"]) for one in found] == [("output", 3)]
    assert told("traces", "jq", trace_id, ".[].input | fromjson | .order", "--json") == [7]
    [travelled] = told("traces", "follow", trace_id, "yesterday", "--json")
    assert [one["field"] for one in travelled] == ["output"]
    [preview] = told("traces", "preview", trace_id, "--json")
    assert preview["lines"][0]["name"] == "ask about the order"
    question = {"filter": {"project": ["shop"]}, "measures": [{"op": "count"}]}
    [counted] = told("aggregate", json.dumps(question), "--json")
    assert counted["rows"][0]["values"]["count"] >= 1
    assert told("spans", "export", "--filter", json.dumps({"name": ["ask about the order"]}))
    told("feedback", trace_id, "--project", "shop", "--kind", "thumb", "--score", "1", "--json")

    folder = tmp_path / "config"
    (folder / "prompts").mkdir(parents=True)
    (folder / "agent.yaml").write_text("name: teller\nparameters: {limit: 3}\n")
    (folder / "prompts" / "system.md").write_text("be exact\n")
    for _ in range(2):  # the same again changes nothing
        [imported] = told("config", "import", "teller", str(folder), "--json", holder="bank")
    assert imported["files"].keys() == {"agent.yaml", "prompts/system.md"}
    [files] = told("config", "files", "teller", "--json", holder="bank")
    assert files == imported
    assert told("clusters", "--agent", "teller", "--json", holder="bank") == [[]]
    until(lambda: told("config", "channels", "teller", "--json", holder="bank") != [[]])
    (folder / "agent.yaml").write_text("name: teller\nparamters: {limit: 3}\n")

    for words, code, says in (
        (("traces", "show", "f" * 32), 1, "f" * 32),
        (("traces", "show", "short"), 1, "trace_id"),
        (("traces", "find", trace_id, "("), 1, "not a regular expression"),
        (("traces", "jq", trace_id, ".["), 1, "jq"),
        (("aggregate", "{"), 2, "expected JSON"),
        (("proposals", "show", "prop-nothing"), 1, "prop-nothing"),
        (("config", "import", "teller", str(folder)), 1, "is not for agent 'teller'"),
        (("config", "channels", "teller"), 1, "is not for agent 'teller'"),
        (("--url", "http://127.0.0.1:9", "traces", "list"), 3, "pawl up"),
    ):
        ran = platform.cli(*words)
        assert (ran.returncode, ran.stdout) == (code, "")
        assert says in ran.stderr


def test_a_coding_agent_asks_over_the_model_context_protocol(platform: Platform) -> None:
    trace_id = send(platform, "shop", "shop", "ask over the protocol")
    platform.spans("shop", 1, name="ask over the protocol")
    arguments = {"trace_id": trace_id, "program": ".[].name"}
    process = platform.mcp("shop")
    assert process.stdin is not None
    assert process.stdout is not None
    for number, (method, params) in enumerate(
        [
            ("initialize", {"protocolVersion": "2025-06-18"}),
            ("tools/call", {"name": "jq_trace", "arguments": arguments}),
        ]
    ):
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())  # at once, not when the input ends
        assert answer["id"] == number
    text = json.dumps(["ask over the protocol"])
    assert answer["result"] == {"content": [{"type": "text", "text": text}], "isError": False}
    process.stdin.close()
    assert process.wait(10) == 0
