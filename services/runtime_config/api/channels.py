"""Pointers: read, follow, move."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from libs.contracts.api import (
    CanaryView,
    ChannelPointer,
    MovePosted,
    Page,
    PromotePosted,
    RollbackPosted,
)
from libs.contracts.events import ConfigChannelMoved
from libs.runtime.problems import problem_responses
from libs.storage import Database
from services.runtime_config.adapters.channels import Channels
from services.runtime_config.adapters.channels_sql import read_channels, read_history
from services.runtime_config.adapters.trials import Trials
from services.runtime_config.api.parameters import (
    Agent,
    Channel,
    FromGeneration,
    FromGenerationIfGiven,
    Limit,
    NumberCursor,
    Reader,
    Reviewer,
)
from services.runtime_config.api.problems import as_http
from services.runtime_config.domain.moves import etag_of

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "It did not move"}}
IfNoneMatch = Annotated[str | None, Header()]


def channels_router(database: Database, channels: Channels, trials: Trials) -> APIRouter:
    router = APIRouter(
        prefix="/api/v1/agents/{agent}/channels",
        tags=["channels"],
        responses=problem_responses(422),
    )
    _reads(router, database, channels, trials)
    _moves(router, channels)
    return router


def _reads(router: APIRouter, database: Database, channels: Channels, trials: Trials) -> None:
    @router.get("")
    async def list_channels(reader: Reader, agent: Agent) -> Page[ChannelPointer]:
        """Every channel of an agent."""
        async with database.read() as connection:
            return Page(items=tuple(await read_channels(connection, agent)))

    @router.get(
        "/{channel}", responses=problem_responses(404) | {304: {"description": "Not modified"}}
    )
    async def get_channel(
        reader: Reader,
        response: Response,
        agent: Agent,
        channel: Channel,
        if_none_match: IfNoneMatch = None,
    ) -> ChannelPointer:
        """The current pointer; with `If-None-Match` 304 while it did not move."""
        with as_http():
            pointer = await channels.current(agent, channel)
        headers = {"ETag": etag_of(pointer), "Cache-Control": "no-cache"}
        if if_none_match is not None and etag_of(pointer) in if_none_match:
            return Response(status_code=304, headers=headers)  # type: ignore[return-value]
        response.headers.update(headers)
        return pointer

    @router.get("/{channel}/moves", responses=problem_responses(404))
    async def list_moves(
        reader: Reader,
        agent: Agent,
        channel: Channel,
        cursor: NumberCursor = None,
        limit: Limit = 50,
    ) -> Page[ConfigChannelMoved]:
        """Every generation there was, newest first."""
        with as_http():
            await channels.current(agent, channel)
        before = int(cursor) if cursor else None
        async with database.read() as connection:
            found = await read_history(connection, agent, channel, before, limit + 1)
        more = str(found[limit - 1].generation) if len(found) > limit else None
        return Page(items=tuple(found[:limit]), next_cursor=more)

    @router.get("/{channel}/canary", responses=problem_responses(404))
    async def get_canary(reader: Reader, agent: Agent, channel: Channel) -> CanaryView:
        """The sequential test of the canary so far."""
        with as_http():
            return await trials.view(agent, channel)


def _moves(router: APIRouter, channels: Channels) -> None:
    @router.put("/{channel}", responses=problem_responses(400, 404, 409, 412, 428))
    async def move_channel(
        reviewer: Reviewer,
        agent: Agent,
        channel: Channel,
        generation: FromGeneration,
        posted: MovePosted,
    ) -> ChannelPointer:
        """Compare-and-swap: 412 when somebody moved the channel first."""
        with as_http():
            return await channels.put(agent, channel, generation, posted)

    @router.post("/{channel}/rollback", responses=problem_responses(400, 404, 409, 412))
    async def roll_back(
        reviewer: Reviewer,
        agent: Agent,
        channel: Channel,
        generation: FromGenerationIfGiven,
        posted: RollbackPosted,
    ) -> ChannelPointer:
        """A new generation that points at an old digest."""
        with as_http():
            return await channels.roll_back(agent, channel, generation, posted)

    @router.post("/{channel}/promote", responses=problem_responses(400, 404, 409, 412))
    async def promote(
        reviewer: Reviewer,
        agent: Agent,
        channel: Channel,
        generation: FromGenerationIfGiven,
        posted: PromotePosted,
    ) -> ChannelPointer:
        """The canary takes over, or another channel gets this one's digest."""
        with as_http():
            return await channels.promote(agent, channel, generation, posted)
