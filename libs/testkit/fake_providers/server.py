"""The HTTP server: one thread a connection, on a free loopback port."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from libs.testkit.fake_providers import anthropic, openai
from libs.testkit.fake_providers.reply import Reply


@dataclass(frozen=True)
class Received:
    """One request as it came. Header names are lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class _Api:
    error_body: Callable[[Reply], dict[str, Any]]
    whole: Callable[[Reply, dict[str, Any], int], dict[str, Any]]
    stream: Callable[[Reply, dict[str, Any], int], Iterable[bytes]]


APIS = {
    "/messages": _Api(anthropic.error_body, anthropic.message, anthropic.stream),
    "/chat/completions": _Api(openai.error_body, openai.completion, openai.chunks),
}


class FakeProviders:
    """Serves both APIs from `__enter__` to `__exit__`; safe to call from many threads."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self._replies: deque[Reply] = deque()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True

    def __enter__(self) -> "FakeProviders":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def anthropic_url(self) -> str:
        """`base_url` of an Anthropic client."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def openai_url(self) -> str:
        """`base_url` of an OpenAI client."""
        return f"{self.anthropic_url}/v1"

    def queue(self, *replies: Reply) -> None:
        """Answer the next requests with these, in order."""
        with self._lock:
            self._replies.extend(replies)

    def take(self, received: Received) -> tuple[Reply, int]:
        """The reply to a request, and the request's number from 1."""
        with self._lock:
            self.requests.append(received)
            number = len(self.requests)
            if self._replies:
                return self._replies.popleft(), number
        return Reply(text=anthropic.last_user_text(received.body) or "ok"), number


def _handler_for(fake: FakeProviders) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            body = json.loads(self.rfile.read(length) or b"{}")
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply, number = fake.take(Received(self.path, headers, body))
            time.sleep(reply.delay_seconds)
            self._answer(reply, body, number)

        def _answer(self, reply: Reply, body: dict[str, Any], number: int) -> None:
            path = self.path.split("?")[0]
            if path.endswith("/messages/count_tokens"):
                return self._json(200, {"input_tokens": reply.usage.input})
            if path.endswith("/embeddings"):
                return self._json(200, openai.embeddings(reply, body))
            api = next((api for end, api in APIS.items() if path.endswith(end)), None)
            if api is None:
                return self._json(404, {"error": {"message": f"no fake for POST {path}"}})
            if reply.status != 200:
                return self._json(reply.status, api.error_body(reply), reply.retry_after_seconds)
            if body.get("stream"):
                return self._events(api.stream(reply, body, number))
            return self._json(200, api.whole(reply, body, number))

        def _json(self, status: int, value: Any, retry_after: float | None = None) -> None:
            payload = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(payload)))
            self.send_header("request-id", f"req_{len(fake.requests):06d}")
            if retry_after is not None:
                self.send_header("retry-after", f"{retry_after:g}")
            self.end_headers()
            self.wfile.write(payload)

        def _events(self, events: Iterable[bytes]) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for event in events:
                self.wfile.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler
