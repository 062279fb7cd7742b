"""The replay protocol as a small ASGI app, to be mounted anywhere in the agent.

POST {"bundle": {...} or null, "digest": str or null, "inputs": [...]}
gives {"digest": str, "results": [{output, error, latency_ms, tokens, tool_calls, facts}]}.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ValidationError

from pawl_sdk.bundle import Bundle, BundleError
from pawl_sdk.config import ConfigClient, ConfigUnavailable, Snapshot
from pawl_sdk.config.errors import Refused, Unreachable
from pawl_sdk.replay.runner import NoTurn, Replayed, RunAgent, Runner

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_BYTES_MAX = 64 * 1024 * 1024
CANDIDATES_KEPT = 8


class ReplayRequest(BaseModel):
    """Without bundle and digest the inputs run on the config that is served now."""

    bundle: dict[str, Any] | None = None
    digest: str | None = None
    inputs: list[Any]


class _Problem(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class ReplayApp:
    """`run(snapshot, input)` is the agent; it must not act on the world."""

    def __init__(
        self,
        config: ConfigClient,
        run: RunAgent,
        *,
        concurrency: int = 4,
        timeout_seconds: float = 60.0,
        path: str | None = None,
    ) -> None:
        self._config = config
        self._runner = Runner(config, run, concurrency, timeout_seconds)
        self._path = path
        self._candidates: OrderedDict[str, Snapshot] = OrderedDict()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        try:
            self._check(scope)
            request = _request(await _body(receive))
            snapshot = await asyncio.to_thread(self._snapshot, request)
            results = await self._results(snapshot, request)
            answer = {"digest": snapshot.digest, "results": [asdict(one) for one in results]}
            await _send_json(send, 200, answer)
        except _Problem as problem:
            await _send_json(send, problem.status, {"detail": str(problem)})

    def _check(self, scope: Message) -> None:
        if self._path is not None and scope["path"] != self._path:
            raise _Problem(404, "replay is not here: use the URL that the instance announced")
        if scope["method"] != "POST":
            raise _Problem(405, f"expected POST, came {scope['method']}")

    async def _results(self, snapshot: Snapshot, request: ReplayRequest) -> list[Replayed]:
        try:
            return await self._runner.replay(snapshot, request.inputs)
        except NoTurn as error:  # no result: another instance may have room
            raise _Problem(503, str(error)) from error

    def _snapshot(self, request: ReplayRequest) -> Snapshot:
        try:
            if request.bundle is not None:
                return self._candidate(request.bundle, request.digest)
            if request.digest is not None:
                return self._config.load(request.digest)
            return self._config.snapshot
        except (BundleError, Refused) as error:
            raise _Problem(400, f"this config cannot be run: {error}") from error
        except (Unreachable, ConfigUnavailable) as error:
            raise _Problem(503, str(error)) from error

    def _candidate(self, document: dict[str, Any], digest: str | None) -> Snapshot:
        bundle = Bundle.from_document(document)
        if digest is not None and digest != bundle.digest:
            raise _Problem(400, f"expected a bundle with digest {digest}, came {bundle.digest}")
        if bundle.digest not in self._candidates:
            self._candidates[bundle.digest] = self._config.candidate(bundle)
        while len(self._candidates) > CANDIDATES_KEPT:
            self._candidates.popitem(last=False)
        return self._candidates[bundle.digest]


def _request(body: bytes) -> ReplayRequest:
    try:
        return ReplayRequest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise _Problem(400, f"not a replay request: {field}: {first['msg']}") from error


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Problem(400, "the request ended early")
        body += message.get("body", b"")
        if len(body) > BODY_BYTES_MAX:
            raise _Problem(413, f"expected at most {BODY_BYTES_MAX} bytes: send fewer inputs")
        if not message.get("more_body", False):
            return bytes(body)


async def _send_json(send: Send, status: int, content: Any) -> None:
    body = json.dumps(content, default=str).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
