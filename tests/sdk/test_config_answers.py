"""Whatever a proxy or a broken registry answers, it is reported and nothing hangs on it."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from pawl_sdk.config import ConfigClient, ConfigUnavailable
from pawl_sdk.config.errors import Unreachable
from pawl_sdk.config.options import ConfigOptions
from pawl_sdk.config.registry import ANSWER_BYTES_MAX, Registry

from libs.testkit.registry import (
    BETTER,
    FakeRegistry,
    Start,
    key_view,
    threshold,
    wait_for,
)

Answer = Callable[[httpx.Request], httpx.Response]


def instead(registry: FakeRegistry, path_end: str, answer: Answer) -> httpx.MockTransport:
    """The registry, but for one path."""

    def choose(request: httpx.Request) -> httpx.Response:
        wanted = request.url.path.endswith(path_end)
        return answer(request) if wanted else registry._answer(request)

    return httpx.MockTransport(choose)


def html(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, html="<html>please log in</html>")


def test_a_page_instead_of_signing_keys_is_reported(start: Start, registry: FakeRegistry) -> None:
    given = [key_view(registry.private_key)["public_key"]]
    config = start(transport=instead(registry, "/signing-keys", html), trusted_keys=given)
    registry.private_key = bytes(range(1, 33))
    registry.move(registry.release(BETTER), 2)
    wait_for(lambda: registry.reports[-1]["state"] == "refused")
    assert "signing keys" in registry.reports[-1]["error"]
    assert threshold(config) == 1


def test_an_error_that_nobody_foresaw_is_a_refusal(
    start: Start, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = start()
    monkeypatch.setattr("pawl_sdk.config.activate.digest_of", lambda content: 1 / 0)
    registry.move(registry.release(BETTER), 2)
    wait_for(lambda: registry.reports[-1]["state"] == "refused")
    assert "ZeroDivisionError" in registry.reports[-1]["error"]
    monkeypatch.undo()
    wait_for(lambda: threshold(config) == 2)


def asking(answer: Answer) -> Registry:
    options = ConfigOptions(agent="buyer", request_seconds=0.1, state_dir=None)
    return Registry(options, httpx.MockTransport(answer))


Ask = Callable[[Registry], object]
ASKED: list[Ask] = [Registry.pointer, Registry.signing_keys, lambda one: one.bundle(BETTER.digest)]


@pytest.mark.parametrize("ask", ASKED)
def test_an_answer_in_drops_ends_at_its_deadline(ask: Ask) -> None:
    def drops() -> Iterator[bytes]:
        for _ in range(200):
            time.sleep(0.02)
            yield b" "

    started = time.monotonic()
    with pytest.raises(Unreachable, match="in time"):
        ask(asking(lambda _: httpx.Response(200, content=drops())))
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("ask", ASKED)
def test_an_answer_without_end_is_not_collected(ask: Ask) -> None:
    given = 0

    def flood() -> Iterator[bytes]:
        nonlocal given
        for _ in range(100):
            given += ANSWER_BYTES_MAX
            yield b"x" * ANSWER_BYTES_MAX

    with pytest.raises(Unreachable, match="more than"):
        ask(asking(lambda _: httpx.Response(200, content=flood())))
    assert given < 10 * ANSWER_BYTES_MAX


def test_a_redirect_is_no_receipt_of_a_report() -> None:
    with pytest.raises(Unreachable, match="302"):
        asking(lambda _: httpx.Response(302)).report({})


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_start_that_is_turned_away_says_why(status: int) -> None:
    door = httpx.MockTransport(
        lambda _: httpx.Response(status, json={"detail": "key is not valid"})
    )
    config = ConfigClient(agent="buyer", transport=door, state_dir=None)
    with pytest.raises(ConfigUnavailable, match=f"{status}.*key is not valid"):
        config.start(timeout_seconds=0.2)


def test_a_start_with_an_address_without_scheme_says_why() -> None:
    config = ConfigClient(agent="buyer", state_dir=None, url="localhost:8080")
    with pytest.raises(ConfigUnavailable, match="protocol"):
        config.start(timeout_seconds=0.3)


def test_a_password_in_the_address_is_not_shown() -> None:
    door = httpx.MockTransport(lambda _: httpx.Response(401))
    url = "http://ada:secret@registry"
    config = ConfigClient(agent="buyer", state_dir=None, url=url, transport=door)
    with pytest.raises(ConfigUnavailable, match="http://registry") as refused:
        config.start(timeout_seconds=0.3)
    assert "secret" not in str(refused.value)


def test_a_start_with_a_key_that_cannot_be_sent_says_why_and_does_not_show_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        config = ConfigClient(agent="buyer", state_dir=None, url=url, api_key="abc\n")
        with pytest.raises(ConfigUnavailable, match="line break in the API key") as refused:
            config.start(timeout_seconds=0.3)
    assert "abc" not in str(refused.value)


def test_a_key_that_is_revoked_meanwhile_is_a_problem_and_one_warning(
    start: Start, registry: FakeRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    revoked = threading.Event()

    def door(request: httpx.Request) -> httpx.Response:
        if not revoked.is_set():
            return registry._answer(request)
        registry.requests.append(f"{request.method} refused")
        return httpx.Response(401, json={"detail": "key revoked"})

    config = start(transport=httpx.MockTransport(door))
    wait_for(lambda: registry.reports)
    revoked.set()
    registry.cut_streams()
    wait_for(lambda: "401" in config.problem() and "key revoked" in config.problem())
    wait_for(lambda: registry.requests.count("GET refused") > 8)
    told = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert len(told) == 1
    assert threshold(config) == 1
    revoked.clear()
    wait_for(lambda: not config.problem())


def test_an_answer_that_was_overtaken_is_no_conflict(start: Start, registry: FakeRegistry) -> None:
    on_its_way, arrives = threading.Event(), threading.Event()

    def slow_at_first(request: httpx.Request) -> httpx.Response:
        answer = registry._answer(request)
        if request.url.path.endswith("/production") and not on_its_way.is_set():
            on_its_way.set()
            arrives.wait(10)
        return answer

    def overtake() -> None:
        on_its_way.wait(10)
        registry.move(registry.release(BETTER), 2)
        wait_for(lambda: any(path.endswith("/stream") for path in registry.requests))
        time.sleep(0.2)
        arrives.set()

    other = threading.Thread(target=overtake)
    other.start()
    config = start(transport=httpx.MockTransport(slow_at_first), silence_seconds=60)
    other.join()
    wait_for(lambda: registry.reports and registry.reports[-1]["applied_generation"] == 2)
    assert [report["state"] for report in registry.reports] == ["applied"]
    assert config.problem() == ""
