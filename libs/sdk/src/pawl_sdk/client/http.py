"""One request, one page after another, one kind of error."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from pawl_sdk.client.errors import RefusedByServer, ServerUnreachable

Json = dict[str, Any]
DEFAULT_URL = "http://127.0.0.1:8080"
CHUNK_BYTES = 65536


class Http:
    """Blocking; one connection pool. Errors are `ServerUnreachable` and `RefusedByServer`."""

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        timeout_seconds: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        key = api_key or os.environ.get("PAWL_API_KEY")
        self.url = url or os.environ.get("PAWL_URL") or DEFAULT_URL
        try:
            self._client = httpx.Client(
                base_url=self.url,
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout=timeout_seconds,
                transport=transport,
            )
        except httpx.InvalidURL as error:
            raise self._unreachable(error) from error

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON of the answer, or None; parameters that are None are left out."""
        given = {name: value for name, value in (params or {}).items() if value is not None}
        try:
            response = self._client.request(
                method, path, params=given, json=json, headers=dict(headers or {})
            )
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        self._check(response)
        try:
            return response.json() if response.content else None
        except ValueError as error:
            raise self._not_pawl(response, "something that is not JSON") from error

    def get(self, path: str, **params: Any) -> Any:
        return self.send("GET", path, params=params)

    def post(self, path: str, body: Any, **params: Any) -> Any:
        return self.send("POST", path, json=body, params=params)

    def pages(self, path: str, limit: int | None = None, **params: Any) -> Iterator[Json]:
        """Items of all pages, at most `limit`, fetched as they are consumed."""
        left, cursor = limit, None
        while left is None or left > 0:
            size = min(left or 100, 100)
            page = self.get(path, cursor=cursor, limit=size, **params)
            yield from page["items"][:left]
            left = None if left is None else left - len(page["items"])
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def stream(self, path: str, body: Any) -> Iterator[bytes]:
        """The bytes of a long answer as they come."""
        try:
            with self._client.stream("POST", path, json=body) as response:
                if response.is_error:
                    response.read()
                self._check(response)
                yield from response.iter_bytes(CHUNK_BYTES)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def close(self) -> None:
        self._client.close()

    def _unreachable(self, error: Exception) -> ServerUnreachable:
        words = str(error) or type(error).__name__
        if isinstance(error, httpx.LocalProtocolError):  # its text would show the key
            words = "the request cannot be sent: is there a line break in PAWL_API_KEY?"
        return ServerUnreachable(
            f"no answer from {self.url}: {words}. Is it running (pawl up)? Else set PAWL_URL"
        )

    def _not_pawl(self, response: httpx.Response, what: str) -> ServerUnreachable:
        return ServerUnreachable(
            f"{self.url} answered {response.status_code} with {what}: is Pawl there, and no login "
            "page or proxy before it? Else set PAWL_URL"
        )

    def _check(self, response: httpx.Response) -> None:
        if response.is_redirect:
            where = response.headers.get("location", "nowhere")[:200]
            raise self._not_pawl(response, f"a redirect to {where}")
        if not response.is_error:
            return
        detail = _detail(response)
        if response.status_code >= 500:
            raise ServerUnreachable(f"{self.url} answered {response.status_code}: {detail}")
        raise RefusedByServer(response.status_code, detail)


def _detail(response: httpx.Response) -> str:
    try:
        body = response.json()
    except ValueError:
        return response.text[:500] or response.reason_phrase
    return str(body.get("detail") or body) if isinstance(body, dict) else str(body)
