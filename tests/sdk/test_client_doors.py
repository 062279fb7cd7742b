"""Where something else than Pawl answers, people read a sentence and scripts get exit code 3."""

import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from pawl_sdk.cli import entry as cli
from pawl_sdk.cli.folder import files_in
from pawl_sdk.client import PawlClient, ServerUnreachable

Answer = Callable[[httpx.Request], httpx.Response]


def login_page(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, html="<html>please log in</html>")


def redirect(_: httpx.Request) -> httpx.Response:
    return httpx.Response(302, headers={"location": "https://sso.example/login"})


def redirect_nowhere(_: httpx.Request) -> httpx.Response:
    return httpx.Response(307)


@pytest.mark.parametrize(
    ("answer", "words"),
    [(login_page, "not JSON"), (redirect, "sso.example"), (redirect_nowhere, "a redirect")],
)
def test_an_answer_of_something_else_is_no_answer(
    answer: Answer,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real = httpx.Client
    made = httpx.MockTransport(answer)
    monkeypatch.setattr(httpx, "Client", lambda **more: real(**more | {"transport": made}))
    assert code_of("traces", "list", monkeypatch=monkeypatch) == 3
    complaint = capsys.readouterr().err
    assert words in complaint
    assert "PAWL_URL" in complaint


def code_of(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> object:
    """The exit code of a command, through `main`."""
    monkeypatch.setattr("sys.argv", ["pawl", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


def test_an_address_that_is_none_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "http://127.0.0.1:eighty"
    assert code_of("--url", url, "traces", "list", monkeypatch=monkeypatch) == 3
    assert url in capsys.readouterr().err


def test_a_stream_of_something_else_is_no_answer() -> None:
    pawl = PawlClient(transport=httpx.MockTransport(redirect))
    with pytest.raises(ServerUnreachable, match=r"sso\.example"):
        list(pawl.spans.export({}))


def test_a_key_that_cannot_be_sent_is_not_shown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        with pytest.raises(ServerUnreachable, match="line break in PAWL_API_KEY") as refused:
            PawlClient(url, "abc\n").session("s")
    assert "abc" not in str(refused.value)


def test_a_folder_under_git_is_taken_without_gits_own_files(tmp_path: Path) -> None:
    (tmp_path / ".git" / "objects").mkdir(parents=True)
    (tmp_path / ".git" / "objects" / "ab").write_bytes(b"\xff\xfe")
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "system.md").write_text("be kind")
    assert files_in(tmp_path) == {"prompts/system.md": "be kind"}
