"""What came of a question is told in one way, whichever service was asked."""

from collections.abc import Callable

import httpx
import pytest

from libs.clients import ClustersClient, DatasetsClient, Denied, TracesClient, UnreadableAnswer
from libs.clients.asking import Asking
from libs.contracts.api import ExampleCounts
from libs.runtime import TransientError
from libs.runtime.outage import is_outage

Answer = Callable[[httpx.Request], httpx.Response]


def client_of(answer: Answer) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://x")


def said(status: int, **content: object) -> httpx.AsyncClient:
    return client_of(lambda asked: httpx.Response(status, **content))  # type: ignore[arg-type]


async def asked(client: httpx.AsyncClient) -> ExampleCounts | None:
    return await Asking("datasets", client).get(ExampleCounts, "/api/v1/x", {"agent": "a"})


@pytest.mark.parametrize("status", [404, 410])
async def test_what_is_not_there_is_none(status: int) -> None:
    assert await asked(said(status)) is None


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_service_that_is_away_is_an_outage(status: int) -> None:
    with pytest.raises(TransientError) as caught:
        await asked(said(status, text="no upstream"))
    assert is_outage(caught.value)
    assert str(status) in str(caught.value)


async def test_a_connection_that_fails_is_an_outage() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(TransientError, match="datasets: GET /api/v1/x") as caught:
        await asked(client_of(refuse))
    assert is_outage(caught.value)


async def test_an_error_of_the_service_is_none_of_its_absence() -> None:
    with pytest.raises(TransientError, match="500") as caught:
        await asked(said(500))
    assert not is_outage(caught.value)


@pytest.mark.parametrize("status", [400, 401, 403, 409, 422])
async def test_a_refused_question_tells_the_problem(status: int) -> None:
    problem = {"title": "no", "status": status, "detail": "not for this key"}
    with pytest.raises(Denied, match="not for this key") as caught:
        await asked(said(status, json=problem))
    assert caught.value.status == status
    assert caught.value.problem is not None
    assert not is_outage(caught.value)


async def test_a_refusal_in_other_words_is_one_all_the_same() -> None:
    with pytest.raises(Denied, match="go away") as caught:
        await asked(said(403, text="go away"))
    assert caught.value.problem is None


@pytest.mark.parametrize("page", ["<html>", '{"agent": 5}', ""])
async def test_an_answer_of_no_contract_is_told_apart(page: str) -> None:
    with pytest.raises(UnreadableAnswer, match="datasets answered with no ExampleCounts") as caught:
        await asked(said(200, text=page))
    assert not is_outage(caught.value)


async def test_fields_without_a_value_are_not_asked_with() -> None:
    seen: list[httpx.QueryParams] = []

    def answer(question: httpx.Request) -> httpx.Response:
        seen.append(question.url.params)
        return httpx.Response(404)

    await DatasetsClient(client_of(answer)).counts("a", None)
    assert dict(seen[0]) == {"agent": "a"}


async def test_agents_that_no_config_can_have_are_not_asked_for() -> None:
    def never(_: httpx.Request) -> httpx.Response:
        raise AssertionError("asked")

    client = DatasetsClient(client_of(never))
    assert await client.examples("Odd \0" * 40) == []
    assert await client.head("Odd \0" * 40) == 0


async def test_open_clusters_are_read_to_the_last_page() -> None:
    pages = iter(["7", None])
    seen: list[str | None] = []

    def answer(question: httpx.Request) -> httpx.Response:
        seen.append(question.url.params.get("cursor"))
        return httpx.Response(200, json={"items": [], "next_cursor": next(pages)})

    assert await ClustersClient(client_of(answer)).open("a") == []
    assert seen == [None, "7"]


async def test_a_trace_in_several_projects_is_read_from_each() -> None:
    asked_for: list[str | None] = []

    def answer(question: httpx.Request) -> httpx.Response:
        project = question.url.params.get("project")
        asked_for.append(project)
        if project:
            return httpx.Response(404)
        problem = {"title": "", "status": 409, "detail": "in two", "projects": ["one", "two"]}
        return httpx.Response(409, json=problem)

    assert await TracesClient(client_of(answer)).in_every_project("1" * 32) == []
    assert asked_for == [None, "one", "two"]
