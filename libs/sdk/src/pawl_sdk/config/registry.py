"""The registry over HTTP: pointers by stream and by poll, bundles by digest, keys, status."""

import socket
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

    def pointer(self) -> Pointer | None:
        """The current pointer; None when it is the one seen last (304)."""
        headers = {"Cache-Control": "no-cache"}
        if self._etag:
            headers["If-None-Match"] = self._etag
        response = self._send("GET", self._pointer_path, headers=headers)
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return None
        pointer = _parsed(Pointer, response)
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
            raise Unreachable(f"stream from {path}: {_words(error)}") from error
        finally:
            self._streaming = None

    def bundle(self, digest: str) -> SignedBundle:
        """The bytes of a digest, not yet verified."""
        path = f"/api/v1/bundles/{quote(digest, safe=':')}"
        try:
            with self._client.stream("GET", path) as response:
                _expect(response, "")
                content = _read_at_most(response, BUNDLE_BYTES_MAX)
        except _NO_ANSWER as error:
            raise Unreachable(f"GET {path}: {_words(error)}") from error
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
        body = self._send("GET", "/api/v1/releases/signing-keys").json()
        try:
            return [SigningKey.model_validate(key) for key in body["keys"]]
        except (ValidationError, KeyError, TypeError) as error:
            raise Unreachable(f"signing keys: expected a list of keys: {error}") from error

    def report(self, status: Mapping[str, Any], seconds: float | None = None) -> None:
        """Return once the registry has the status."""
        path = f"/api/v1/agents/{self._agent}/instances/{self._instance}/status"
        timeout = self._client.timeout if seconds is None else httpx.Timeout(seconds)
        self._send("POST", path, json=dict(status), timeout=timeout)

    def close(self) -> None:
        """End a stream that waits, too: closing alone would not wake its reader."""
        if self._streaming is not None:
            try:
                self._streaming.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._client.close()

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            response = self._client.request(method, path, **more)
        except _NO_ANSWER as error:
            raise Unreachable(f"{method} {path}: {_words(error)}") from error
        if response.status_code >= 400:
            raise Unreachable(f"{method} {path}: {response.status_code} {response.text[:300]}")
        return response


def _expect(response: httpx.Response, content_type: str) -> None:
    came = response.headers.get("content-type", "")
    if response.status_code != httpx.codes.OK or not came.startswith(content_type):
        raise Unreachable(f"{response.url.path}: came {response.status_code} {came}")


def _read_at_most(response: httpx.Response, bytes_max: int) -> bytes:
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > bytes_max:
            raise Refused(f"the bundle is larger than {bytes_max} bytes")
    return bytes(content)


def _parsed(model: type[Pointer], response: httpx.Response) -> Pointer:
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        raise Unreachable(f"expected a channel pointer: {error}") from error


def _socket_of(response: httpx.Response) -> socket.socket | None:
    stream = response.extensions.get("network_stream")
    found = stream.get_extra_info("socket") if stream is not None else None
    return found if isinstance(found, socket.socket) else None


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
