"""Other services' public APIs. A page shows what it got, and says what it could not get."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from libs.contracts.api import Problem
from libs.runtime import App

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Got(Generic[M]):
    """An answer, or what stood in its way. Status 0: the service did not answer at all."""

    value: M | None
    status: int
    problem: str = ""
    projects: tuple[str, ...] = ()
    """Where the id is that was asked for, when it is in several."""

    @property
    def missing(self) -> bool:
        """Whether the service answered that there is no such thing."""
        return self.status == httpx.codes.NOT_FOUND


class Platform:
    """Calls with the key of one viewer; with `secret` None with the platform's own.

    A page must never be made with the platform's key, except where no keys are in use.
    """

    def __init__(self, app: App, secret: str | None) -> None:
        self._app = app
        self._headers = {"authorization": f"Bearer {secret}"} if secret else {}

    async def get(
        self, service: str, path: str, model: type[M], **params: str | int | None
    ) -> Got[M]:
        """GET and parse."""
        query = {key: str(value) for key, value in params.items() if value not in (None, "")}
        return await self._call(service, "GET", path, model, params=query)

    async def post(
        self, service: str, path: str, model: type[M], body: Mapping[str, object]
    ) -> Got[M]:
        """POST JSON and parse."""
        return await self._call(service, "POST", path, model, json=dict(body))

    async def _call(
        self, service: str, method: str, path: str, model: type[M], **options: object
    ) -> Got[M]:
        client = self._app.client(service)
        try:
            response = await client.request(method, path, headers=self._headers, **options)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            self._app.logger.warning("no answer", service=service, path=path, why=repr(error))
            return Got(None, 0, f"{service} does not answer now")
        if not response.is_success:
            said = _problem(service, response)
            return Got(None, response.status_code, said.detail, said.projects or ())
        try:
            return Got(model.model_validate_json(response.content), response.status_code)
        except ValidationError as error:
            self._app.logger.error("unexpected answer", service=service, path=path, why=str(error))
            return Got(None, response.status_code, f"{service} answered in an unknown form")


def _problem(service: str, response: httpx.Response) -> Problem:
    try:
        return Problem.model_validate_json(response.content)
    except ValidationError:
        status = response.status_code
        return Problem(title="", status=status, detail=f"{service} answered {status}")
