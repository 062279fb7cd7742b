"""One question to a service: what came of it, and what each failure is."""

from collections.abc import Mapping
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from libs.contracts.api import Problem
from libs.runtime import TransientError
from libs.runtime.http import failed_answer

M = TypeVar("M", bound=BaseModel)
Query = Mapping[str, str | int | None]
GONE = (httpx.codes.NOT_FOUND, httpx.codes.GONE)
DENIED = (
    httpx.codes.BAD_REQUEST,
    httpx.codes.UNAUTHORIZED,
    httpx.codes.FORBIDDEN,
    httpx.codes.CONFLICT,
    httpx.codes.REQUEST_ENTITY_TOO_LARGE,
    httpx.codes.UNPROCESSABLE_ENTITY,
)
HEADERS = {"content-type": "application/json"}


class UnreadableAnswer(TransientError):
    """What came is in no contract, e.g. a page of a proxy: it says nothing of what was asked."""


class Denied(TransientError):
    """The service answered that it will not; `problem` says why, where it says so in a contract."""

    def __init__(self, text: str, status: int, problem: Problem | None) -> None:
        super().__init__(text)
        self.status = status
        self.problem = problem


class Asking:
    """Asks one service; `name` is for the texts of errors."""

    def __init__(self, name: str, client: httpx.AsyncClient) -> None:
        self.name = name
        self._client = client

    async def get(self, model: type[M], path: str, query: Query | None = None) -> M | None:
        """GET and parse; None when there is no such thing. Fields without a value are left out."""
        answer = await self.send("GET", path, query)
        return None if answer is None else self.parsed(model, answer.content)

    async def post(
        self, model: type[M], path: str, query: Query | None = None, body: BaseModel | None = None
    ) -> M | None:
        """POST and parse; None when there is no such thing."""
        answer = await self.send("POST", path, query, body)
        return None if answer is None else self.parsed(model, answer.content)

    async def send(
        self, method: str, path: str, query: Query | None = None, body: BaseModel | None = None
    ) -> httpx.Response | None:
        """The answer, if it is one of success; None when there is no such thing."""
        params: dict[str, Any] = {k: v for k, v in (query or {}).items() if v is not None}
        given = {} if body is None else {"content": body.model_dump_json(), "headers": HEADERS}
        try:
            answer = await self._client.request(method, path, params=params, **given)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            raise TransientError(f"{self.name}: {method} {path}: {error!r}") from error
        if answer.is_success:
            return answer
        if answer.status_code in GONE:
            return None
        if answer.status_code in DENIED:
            raise _denied(self.name, answer)
        raise failed_answer(answer)

    def parsed(self, model: type[M], content: bytes) -> M:
        """The model in it, or `UnreadableAnswer`."""
        try:
            return model.model_validate_json(content)
        except ValidationError as error:
            raise UnreadableAnswer(
                f"{self.name} answered with no {model.__name__}: {error}"
            ) from error


def _denied(name: str, answer: httpx.Response) -> Denied:
    try:
        problem = Problem.model_validate_json(answer.content)
    except ValidationError:
        problem = None
    said = problem.detail if problem else answer.text[:500]
    asked = f"{answer.request.method} {answer.request.url}"
    return Denied(f"{name}: {asked}: {answer.status_code} {said}", answer.status_code, problem)
