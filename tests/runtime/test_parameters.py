"""What is asked for twice is refused, never silently halved; NUL never reaches a database."""

from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Query, Request
from pydantic import BaseModel

from libs.runtime.problems import install_problem_handlers


class Filters(BaseModel):
    project: tuple[str, ...] = ()
    limit: int | None = None


@pytest.fixture
def api() -> FastAPI:
    api, router = FastAPI(), APIRouter(prefix="/v1")
    install_problem_handlers(api)

    @router.get("/things/{name:path}")
    async def things(
        name: str, agent: str | None = None, tag: Annotated[tuple[str, ...], Query()] = ()
    ) -> None: ...

    @router.get("/filtered")
    async def filtered(query: Annotated[Filters, Query()]) -> None: ...

    @router.get("/page", include_in_schema=False)
    async def page(request: Request) -> None: ...

    api.include_router(router)
    return api


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/things/a/b?agent=a&agent=b", 422),
        ("/v1/things/a/b?agent=a&tag=x&tag=y", 200),
        ("/v1/filtered?limit=1&limit=2", 422),
        ("/v1/filtered?project=a&project=b&limit=1", 200),
    ],
)
async def test_a_parameter_of_one_value_is_given_once(api: FastAPI, path: str, status: int) -> None:
    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.get(path)
    assert answer.status_code == status
    assert status == 200 or "expected one value" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/things/a%00b", 422),
        ("/v1/things/a?agent=%00", 422),
        ("/v1/things/a?tag=x&tag=%00", 422),
        ("/v1/filtered?project=%00", 422),
        ("/v1/things/a?unknown=%00", 200),
        ("/v1/page?anything=%00", 200),
        ("/v1/page?anything=1&anything=2", 200),
    ],
)
async def test_no_parameter_holds_nul(api: FastAPI, path: str, status: int) -> None:
    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        assert (await client.get(path)).status_code == status
