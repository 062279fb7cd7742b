"""Runs an agent with a candidate bundle: `POST {replay_url}` on one of its instances."""

from collections.abc import Sequence

import httpx
from pawl_sdk.bundle import Bundle
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from services.experiments.domain.replayed import Replayed

REFUSALS = (httpx.codes.BAD_REQUEST, httpx.codes.UNPROCESSABLE_ENTITY)
HEADERS = {"content-type": "application/json"}


class ReplayFailed(Exception):
    """No result this time; another instance or a later try may give one."""


class BundleRefused(Exception):
    """The agent says that it cannot run with this bundle."""


class _Result(BaseModel):
    model_config = ConfigDict(extra="ignore")

    output: JsonValue = None
    error: str | None = None
    latency_ms: float
    tokens: int = 0
    tool_calls: int = 0


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    digest: str
    results: list[_Result]


class ReplayClient:
    """No redirects: an address that was allowed must not lead to one that is not."""

    def __init__(self, client: httpx.AsyncClient, timeout_seconds: float) -> None:
        self._client = client
        self._timeout_seconds = timeout_seconds

    async def replay(self, url: str, bundle: Bundle, inputs: Sequence[JsonValue]) -> list[Replayed]:
        """One result for each input, in order; raises `ReplayFailed` or `BundleRefused`."""
        body = {"bundle": bundle.document(), "digest": bundle.digest, "inputs": list(inputs)}
        try:
            response = await self._client.post(
                url, json=body, headers=HEADERS, timeout=self._timeout_seconds
            )
        except httpx.HTTPError as error:
            raise ReplayFailed(f"{url}: {error!r}") from error
        if response.status_code in REFUSALS:
            raise BundleRefused(response.text[:1000])
        if not response.is_success:
            raise ReplayFailed(f"{url}: {response.status_code} {response.text[:500]}")
        answer = _parsed(url, response)
        if answer.digest != bundle.digest:
            raise ReplayFailed(f"{url}: ran {answer.digest}, asked for {bundle.digest}")
        if len(answer.results) != len(inputs):
            raise ReplayFailed(f"{url}: {len(answer.results)} results for {len(inputs)} inputs")
        return [Replayed.model_validate(one.model_dump()) for one in answer.results]


def _parsed(url: str, response: httpx.Response) -> _Answer:
    try:
        return _Answer.model_validate_json(response.content)
    except ValidationError as error:
        raise ReplayFailed(f"{url}: not a replay answer: {error}") from error
