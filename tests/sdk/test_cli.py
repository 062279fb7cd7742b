"""The command line: answers on stdout, complaints on stderr, exit codes that scripts can use."""

import json
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from pawl_sdk.cli import entry as cli
from pawl_sdk.client import PawlClient, http
from typer.testing import CliRunner

Answer = Callable[[httpx.Request], httpx.Response]
TRACE = {
    "trace_id": "a" * 32,
    "started_at": "2026-01-01T00:00:00Z",
    "root_name": "buy",
    "status": "OK",
    "duration_ms": 12.34567891,
    "span_count": 3,
    "error_count": 0,
    "project": "shop",
    "agent": None,
}


class Platform:
    """Answers by path; remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answers: dict[str, Any] = {}
        self.status = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.status != 200:
            return httpx.Response(self.status, json={"detail": "no such thing: look again"})
        answer = self.answers[f"{request.method} {request.url.path}"]
        return httpx.Response(200, json=answer(request) if callable(answer) else answer)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    made, real = Platform(), httpx.Client

    def client(**options: Any) -> httpx.Client:
        return real(**options | {"transport": httpx.MockTransport(made)})

    monkeypatch.setattr(http.httpx, "Client", client)
    return made


def run(*arguments: str, monkeypatch: pytest.MonkeyPatch, code: int = 0) -> Any:
    """Through `main`, as the shell would."""
    monkeypatch.setattr("sys.argv", ["pawl", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code or 0) == code


def test_traces_are_listed_for_people_and_for_programs(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    platform.answers["GET /api/v1/traces"] = {"items": [TRACE], "next_cursor": None}
    run("traces", "list", "--project", "shop", "--project", "b", monkeypatch=monkeypatch)
    shown = capsys.readouterr().out
    assert "buy" in shown
    assert "12.3457" in shown
    assert platform.asked[0].url.params.get_list("project") == ["shop", "b"]
    run("traces", "list", "--json", monkeypatch=monkeypatch)
    assert json.loads(capsys.readouterr().out) == [TRACE]


def test_lists_follow_cursors_up_to_the_limit(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def page(request: httpx.Request) -> Any:
        start, size = (int(request.url.params.get(n, 0)) for n in ("cursor", "limit"))
        items = [{**TRACE, "trace_id": str(n)} for n in range(start, start + size)]
        return {"items": items, "next_cursor": str(start + size)}

    platform.answers["GET /api/v1/traces"] = page
    run("traces", "list", "--limit", "250", "--json", monkeypatch=monkeypatch)
    found = [item["trace_id"] for item in json.loads(capsys.readouterr().out)]
    assert found == [str(n) for n in range(250)]
    assert len(platform.asked) == 3


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [(404, 1, "no such thing: look again"), (403, 1, "no such thing"), (503, 3, "answered 503")],
)
def test_a_refusal_is_1_no_answer_is_3_and_stdout_stays_clean(
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    status: int,
    code: int,
    words: str,
) -> None:
    platform.status = status
    run("traces", "show", "a" * 32, "--json", monkeypatch=monkeypatch, code=code)
    told = capsys.readouterr()
    assert told.out == ""
    assert words in told.err


def test_an_unreachable_platform_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("--url", "http://127.0.0.1:9", "projects", monkeypatch=monkeypatch, code=3)
    assert "pawl up" in capsys.readouterr().err


def test_wrong_usage_is_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("traces", "show", monkeypatch=monkeypatch, code=2)
    run("spans", "export", "--filter", "[]", monkeypatch=monkeypatch, code=2)
    assert "expected a JSON object" in capsys.readouterr().err


def test_the_key_goes_as_a_bearer_token(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    platform.answers["GET /api/v1/projects"] = {"items": []}
    monkeypatch.setenv("PAWL_API_KEY", "secret")
    run("projects", monkeypatch=monkeypatch)
    assert platform.asked[0].headers["authorization"] == "Bearer secret"
    assert "(none)" in capsys.readouterr().out


def test_feedback_takes_json_or_text_and_names_its_author(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    platform.answers["POST /api/v1/feedback"] = {"feedback_ids": ["f1"]}
    common = ("feedback", "a" * 32, "--project", "shop", "--author", "ada")
    override = ("--kind", "override", "--expected", '{"decision": "approve"}')
    run(*common, *override, "--reason", "goodwill", monkeypatch=monkeypatch)
    run(*common, "--kind", "label", "--expected", "approve", monkeypatch=monkeypatch)
    first, second = (json.loads(request.content) for request in platform.asked)
    assert (first["expected"], first["author"]) == ({"decision": "approve"}, "ada")
    assert second["expected"] == "approve"
    assert "recorded f1" in capsys.readouterr().out


def test_approving_decides_the_commit_that_the_proposal_has(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    view = {"state": "open", "head_commit": "c" * 40, "proposal": {"diff": "d"}}
    platform.answers["GET /api/v1/proposals/prop-1"] = view
    platform.answers["POST /api/v1/proposals/prop-1/decision"] = view | {"state": "approved"}
    run("proposals", "approve", "prop-1", "--as", "ada", monkeypatch=monkeypatch)
    decision = json.loads(platform.asked[-1].content)
    assert decision["head_commit"] == "c" * 40
    assert (decision["decision"], decision["reviewer"]) == ("approve", "ada")
    assert "prop-1 is approved" in capsys.readouterr().out
    run("proposals", "reject", "prop-1", monkeypatch=monkeypatch, code=2)
    platform.answers["GET /api/v1/proposals/prop-1"] = view | {"head_commit": None}
    run("proposals", "approve", "prop-1", monkeypatch=monkeypatch, code=2)


def test_installed_packages_add_commands_and_a_broken_one_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Entry:
        name = "x"

        def __init__(self, load: Callable[[], Any]) -> None:
            self.value, self._load = "package.cli:register", load

        def load(self) -> Any:
            return self._load()

    def broken() -> Any:
        raise ImportError("half installed")

    def register(app: typer.Typer) -> None:
        @app.command()
        def hello() -> None:
            typer.echo("hello traces")

    entries = [Entry(broken), Entry(lambda: register)]
    monkeypatch.setattr(cli, "entry_points", lambda group: entries)
    run("hello", monkeypatch=monkeypatch)
    told = capsys.readouterr()
    assert "hello traces" in told.out
    assert "half installed" in told.err


def test_a_question_does_not_load_the_platform(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(group: str) -> Any:
        raise AssertionError("loaded")

    monkeypatch.setattr(cli, "entry_points", never)
    platform.answers["GET /api/v1/projects"] = {"items": []}
    run("--url", "http://traces", "projects", monkeypatch=monkeypatch)


def test_every_own_command_is_in_the_app() -> None:
    result = CliRunner().invoke(cli.make_app(), ["--help"])
    assert result.exit_code == 0
    assert all(name in result.output for name in cli.OWN)


def test_the_distribution_installs_the_command() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "libs/sdk/pyproject.toml").read_text())
    module, _, name = project["project"]["scripts"]["pawl"].partition(":")
    assert getattr(import_module(module), name) is cli.main


def test_the_client_closes_and_streams(platform: Platform) -> None:
    platform.answers["POST /api/v1/spans/export"] = {"span_id": "1"}
    with PawlClient("http://x") as client:
        assert b"".join(client.spans.export({})) == b'{"span_id":"1"}'
