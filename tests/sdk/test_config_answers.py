"""Whatever a proxy or a broken registry answers, it is reported and nothing hangs on it."""

import time
from collections.abc import Callable, Iterator

import httpx
import pytest
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
