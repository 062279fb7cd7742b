"""GitHub's REST API, one repository: requests, pages and errors, nothing of the gate's meaning."""

from collections.abc import AsyncIterator
from typing import Any

import httpx

from services.review_gate.domain.errors import (
    ConflictError,
    ForgeUnavailableError,
    NotFoundError,
)

API_VERSION = "2022-11-28"
TIMEOUT_SECONDS = 20.0
PAGE_ITEMS = 100


class GitHubClient:
    """Answers as parsed JSON. What GitHub refuses comes out as one of the gate's errors."""

    def __init__(self, client: httpx.AsyncClient, repo: str) -> None:
        self._client = client
        self.repo = repo
        self.owner = repo.partition("/")[0]

    @staticmethod
    def connect(
        url: str, repo: str, token: str, transport: httpx.AsyncBaseTransport | None = None
    ) -> "GitHubClient":
        """A client for one repository with one token."""
        client = httpx.AsyncClient(
            base_url=url,
            transport=transport,
            timeout=TIMEOUT_SECONDS,
            headers={
                "authorization": f"Bearer {token}",
                "accept": "application/vnd.github+json",
                "x-github-api-version": API_VERSION,
                "user-agent": "pawl",
            },
        )
        return GitHubClient(client, repo)

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, path: str, **params: str) -> Any:
        return (await self._send("GET", path, params=params)).json()

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        return (await self._send("POST", path, json=body)).json()

    async def patch(self, path: str, body: dict[str, Any]) -> Any:
        return (await self._send("PATCH", path, json=body)).json()

    async def put(self, path: str, body: dict[str, Any]) -> Any:
        return (await self._send("PUT", path, json=body)).json()

    async def each(self, path: str, within: str | None = None) -> AsyncIterator[Any]:
        """Every item of a list, over all its pages; `within` names the field that holds it."""
        response = await self._send("GET", path, params={"per_page": str(PAGE_ITEMS)})
        while True:
            page = response.json()
            for item in page[within] if within else page:
                yield item
            following = response.links.get("next")
            if following is None:
                return
            response = await self._send("GET", following["url"])

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        url = path if path.startswith("http") else f"/repos/{self.repo}/{path}"
        try:
            response = await self._client.request(method, url, **options)
        except httpx.TransportError as error:
            raise ForgeUnavailableError(f"GitHub does not answer: {error!r}") from error
        if response.is_success:
            return response
        raise _error(method, path, response)


def _error(method: str, path: str, response: httpx.Response) -> Exception:
    status = response.status_code
    text = f"GitHub answers {status} to {method} {path}: {_message(response)}"
    if status == 404:
        return NotFoundError(text)
    if status in (405, 409, 422):
        return ConflictError(text)
    if status == 401:
        return ForgeUnavailableError(f"{text}: check PAWL_REVIEW_GATE_GITHUB_TOKEN")
    return ForgeUnavailableError(text, _retry_after_seconds(response))


def _retry_after_seconds(response: httpx.Response) -> float:
    said = response.headers.get("retry-after", "")
    return float(said) if said.isdecimal() else 0.0


def _message(response: httpx.Response) -> str:
    try:
        document = response.json()
    except ValueError:
        return response.text[:300]
    return str(document.get("message") if isinstance(document, dict) else document)[:300]
