"""The registry over HTTP: pointers by stream and by poll, bundles by digest, keys, status."""

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from pawl_sdk.bundle.model import BUNDLE_BYTES_MAX
from pawl_sdk.config.errors import Refused, Unreachable
from pawl_sdk.config.keyring import SigningKey
from pawl_sdk.config.options import ConfigOptions
from pawl_sdk.config.pointer import Pointer
from pawl_sdk.config.sse import events
from pawl_sdk.config.store import SignedBundle

ANSWER_BYTES_MAX = 1024 * 1024
"""Of anything but a bundle."""
BUNDLE_PATIENCE = 3
"""A bundle may take so many times `request_seconds`: it is larger than other answers."""
_NO_ANSWER = (httpx.HTTPError, RuntimeError)
"""httpx raises RuntimeError for a client that was closed, and for its stream errors."""


class Registry:
    """Blocking calls, each with a deadline. Raises `Unreachable` when there is no usable answer."""

    def __init__(self, options: ConfigOptions, transport: httpx.BaseTransport | None = None):
        headers = {"Authorization": f"Bearer {options.api_key}"} if options.api_key else {}
        self._client = httpx.Client(
            base_url=options.url,
            headers=headers,
            timeout=options.request_seconds,
            transport=transport,
        )
        self._agent = quote(options.agent, safe="")
        self._channel = quote(options.channel, safe="")
        self._instance = quote(options.instance_id, safe="")
        self._request_seconds = options.request_seconds
        self._silence_seconds = options.silence_seconds
        self._etag = ""
        self._streaming: socket.socket | None = None

    @property
    def _pointer_path(self) -> str:
        return f"/api/v1/agents/{self._agent}/channels/{self._channel}"

    def pointer(self, *, afresh: bool = False) -> Pointer | None:
        """The current pointer; None, unless asked afresh, when it is the one seen last (304)."""
        headers = {"Cache-Control": "no-cache"}
        if self._etag and not afresh:
            headers["If-None-Match"] = self._etag
        response, content = self._send("GET", self._pointer_path, headers=headers)
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return None
        try:
            pointer = Pointer.model_validate_json(content)
        except ValidationError as error:
            raise Unreachable(f"expected a channel pointer: {error}", "no pointer") from error
        self._etag = response.headers.get("etag", "")
        return pointer

    def stream(self, heard: Callable[[], None]) -> Iterator[Pointer]:
        """Pointers as they move, the current one first; `heard` is called at every sign of life."""
        timeout = httpx.Timeout(self._request_seconds, read=2.5 * self._silence_seconds)
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        path = f"{self._pointer_path}/stream"
        try:
            with self._client.stream("GET", path, headers=headers, timeout=timeout) as response:
                self._streaming = _socket_of(response)
                _expect(response, "text/event-stream")
                for event in events(response.iter_lines(), heard):
                    if event.name == "pointer":
                        yield Pointer.model_validate_json(event.data)
        except (*_NO_ANSWER, ValidationError) as error:
            raise _no_answer(f"stream from {path}", error) from error
        finally:
            self._streaming = None

    def bundle(self, digest: str) -> SignedBundle:
        """The bytes of a digest, not yet verified."""
        path = f"/api/v1/bundles/{quote(digest, safe=':')}"
        seconds = BUNDLE_PATIENCE * self._request_seconds
        response, content = self._send("GET", path, BUNDLE_BYTES_MAX, seconds)
        try:
            return SignedBundle(
                content=content.decode(),
                key_id=response.headers.get("x-pawl-key-id", ""),
                signature=response.headers.get("x-pawl-signature", ""),
            )
        except UnicodeDecodeError as error:
            raise Refused(f"{digest}: expected JSON text: {error}") from error

    def signing_keys(self) -> Sequence[SigningKey]:
        """The registry's public keys."""
        _, content = self._send("GET", "/api/v1/releases/signing-keys")
        try:
            return [SigningKey.model_validate(key) for key in json.loads(content)["keys"]]
        except (ValueError, KeyError, TypeError) as error:  # ValidationError is a ValueError
            raise Unreachable(f"signing keys: expected a list of keys: {error}") from error

    def report(self, status: Mapping[str, Any], seconds: float | None = None) -> None:
        """Return once the registry has the status."""
        path = f"/api/v1/agents/{self._agent}/instances/{self._instance}/status"
        self._send("POST", path, seconds=seconds, json=dict(status))

    def close(self) -> None:
        """End a stream that waits, too: closing alone would not wake its reader."""
        if self._streaming is not None:
            try:
                self._streaming.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._client.close()

    def _send(
        self,
        method: str,
        path: str,
        bytes_max: int = ANSWER_BYTES_MAX,
        seconds: float | None = None,
        **more: Any,
    ) -> tuple[httpx.Response, bytes]:
        seconds = self._request_seconds if seconds is None else seconds
        until = time.monotonic() + seconds
        timeout = min(seconds, self._request_seconds)
        try:
            with self._client.stream(method, path, timeout=timeout, **more) as response:
                content = _read_at_most(response, bytes_max, until)
        except _NO_ANSWER as error:
            raise _no_answer(f"{method} {path}", error) from error
        status = response.status_code
        if not (response.is_success or status == httpx.codes.NOT_MODIFIED):
            text = content[:300].decode(errors="replace")
            raise Unreachable(f"{method} {path}: {status} {text}", str(status))
        return response, content


def _expect(response: httpx.Response, content_type: str) -> None:
    came = response.headers.get("content-type", "")
    if response.status_code != httpx.codes.OK or not came.startswith(content_type):
        raise Unreachable(f"{response.url.path}: came {response.status_code} {came}")


def _read_at_most(response: httpx.Response, bytes_max: int, until: float) -> bytes:
    """httpx limits the time between two chunks only: drops that fall for hours are no answer."""
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > bytes_max:
            raise Unreachable(f"{response.url.path}: more than {bytes_max} bytes", "too large")
        if time.monotonic() > until:
            raise Unreachable(f"{response.url.path}: not all of it came in time", "too slow")
    return bytes(content)


def _socket_of(response: httpx.Response) -> socket.socket | None:
    stream = response.extensions.get("network_stream")
    found = stream.get_extra_info("socket") if stream is not None else None
    return found if isinstance(found, socket.socket) else None


def _no_answer(what: str, error: Exception) -> Unreachable:
    kind = type(error).__name__
    words = str(error) or kind
    if isinstance(error, httpx.LocalProtocolError):  # its text would show the key
        words = "the request cannot be sent: is there a line break in the API key?"
    return Unreachable(f"{what}: {words}", kind)
