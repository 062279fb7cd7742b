"""A config registry in memory, spoken to over httpx, that can be broken in every way."""

import base64
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from pawl_sdk.bundle import Bundle, compile_bundle, key_id_of, public_key_of, sign
from pawl_sdk.config import ConfigClient

PRIVATE_KEY = bytes(range(32))


def bundle_of(threshold: float, agent: str = "buyer") -> Bundle:
    """A small bundle that differs in one parameter."""
    text = f"name: {agent}\nparameters: {{threshold: {threshold}}}\n"
    return compile_bundle(agent, {"agent.yaml": text})


@dataclass
class FakeRegistry:
    """Thread-safe enough for one client. Change the fields to break it."""

    down: bool = False
    stream_works: bool = True
    private_key: bytes = PRIVATE_KEY
    pointer: dict[str, Any] | None = None
    bundles: dict[str, bytes] = field(default_factory=dict)
    signatures: dict[str, str] = field(default_factory=dict)
    status_code_of_reports: int = 202
    reports: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    keys: list[dict[str, Any]] | None = None
    _listeners: list["queue.Queue[bytes | None]"] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def release(self, bundle: Bundle) -> str:
        self.bundles[bundle.digest] = bundle.canonical_bytes()
        self.signatures[bundle.digest] = sign(self.private_key, bundle.digest)
        return bundle.digest

    def move(self, digest: str, generation: int, canary: Mapping[str, Any] | None = None) -> None:
        """Point the channel `production` of `buyer` somewhere and tell the streams."""
        self.pointer = {
            "agent": "buyer",
            "channel": "production",
            "generation": generation,
            "digest": digest,
            "canary": dict(canary) if canary else None,
            "moved_at": "2026-01-01T00:00:00Z",
        }
        for listener in list(self._listeners):
            listener.put(self._event())

    def cut_streams(self) -> None:
        for listener in list(self._listeners):
            listener.put(None)

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def _event(self) -> bytes:
        body = httpx.Response(200, json=self.pointer).text
        return f"event: pointer\ndata: {body}\n\n".encode()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(f"{request.method} {request.url.path}")
        if self.down:
            raise httpx.ConnectError("connection refused", request=request)
        path = request.url.path
        if path.endswith("/stream"):
            return self._stream()
        if "/channels/" in path:
            return self._pointer(request)
        if path.startswith("/api/v1/bundles/"):
            return self._bundle(path.rpartition("/")[2])
        if path.endswith("/signing-keys"):
            return httpx.Response(200, json={"keys": self.keys or [key_view(self.private_key)]})
        return self._status(request)

    def _pointer(self, request: httpx.Request) -> httpx.Response:
        if self.pointer is None:
            return httpx.Response(404, json={"detail": "no such channel"})
        etag = f'"{self.pointer["generation"]}"'
        if request.headers.get("if-none-match") == etag:
            return httpx.Response(304)
        return httpx.Response(200, json=self.pointer, headers={"etag": etag})

    def _bundle(self, digest: str) -> httpx.Response:
        if digest not in self.bundles:
            return httpx.Response(404)
        headers = {
            "x-pawl-signature": self.signatures[digest],
            "x-pawl-key-id": key_id_of(public_key_of(self.private_key)),
        }
        return httpx.Response(200, content=self.bundles[digest], headers=headers)

    def _status(self, request: httpx.Request) -> httpx.Response:
        if self.status_code_of_reports < 300:
            self.reports.append(httpx.Response(200, content=request.content).json())
        return httpx.Response(self.status_code_of_reports)

    def _stream(self) -> httpx.Response:
        if not self.stream_works or self.pointer is None:
            return httpx.Response(502)
        listener: queue.Queue[bytes | None] = queue.Queue()
        listener.put(self._event())
        self._listeners.append(listener)
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, stream=_Lines(listener, self._listeners))


class _Lines(httpx.SyncByteStream):
    def __init__(
        self, listener: "queue.Queue[bytes | None]", among: list["queue.Queue[bytes | None]"]
    ) -> None:
        self._listener = listener
        self._among = among

    def __iter__(self) -> Iterator[bytes]:
        while (line := self._listener.get()) is not None:
            yield line

    def close(self) -> None:
        if self._listener in self._among:
            self._among.remove(self._listener)


def key_view(private_key: bytes, **more: Any) -> dict[str, Any]:
    """A public key as the registry lists it."""
    public = public_key_of(private_key)
    text = base64.b64encode(public).decode()
    return {"key_id": key_id_of(public), "public_key": text, "endorsements": [], **more}


def wait_for(check: Callable[[], Any]) -> None:
    """Until the check holds, at most 10 s."""
    until = time.monotonic() + 10
    while not check():
        assert time.monotonic() < until, "waited 10 s"
        time.sleep(0.005)


def threshold(config: ConfigClient) -> Any:
    """The parameter by which `bundle_of` makes bundles differ."""
    return config.snapshot.parameters["threshold"]


Start = Callable[..., ConfigClient]
GOOD, BETTER = bundle_of(1), bundle_of(2)
