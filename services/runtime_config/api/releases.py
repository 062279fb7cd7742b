"""Releases, what became of approvals, and the keys that sign."""

from typing import Annotated

from fastapi import APIRouter, Query

from libs.contracts.api import DecisionView, Page, SigningKeysView
from libs.contracts.events import ConfigReleased
from libs.runtime.problems import problem_responses
from libs.storage import Database
from services.runtime_config.adapters.keys import Keys
from services.runtime_config.adapters.keys_sql import read_keys
from services.runtime_config.adapters.releases_sql import read_decisions, read_releases
from services.runtime_config.api.parameters import (
    Admin,
    AgentFilter,
    Limit,
    NumberCursor,
    Reader,
)
from services.runtime_config.api.problems import as_http

Cursor = Annotated[str | None, Query(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}:[0-9]{1,9}$")]


def releases_router(database: Database, keys: Keys) -> APIRouter:
    router = APIRouter(
        prefix="/api/v1/releases", tags=["releases"], responses=problem_responses(422)
    )

    @router.get("")
    async def list_releases(
        reader: Reader, agent: AgentFilter = None, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[ConfigReleased]:
        """The audit log: newest first within an agent."""
        name, _, sequence = (cursor or "").partition(":")
        before = (name, int(sequence)) if cursor else None
        async with database.read() as connection:
            found = await read_releases(connection, reader.agents_of(agent), before, limit + 1)
        last = found[limit - 1] if len(found) > limit else None
        more = f"{last.agent}:{last.sequence}" if last else None
        return Page(items=tuple(found[:limit]), next_cursor=more)

    @router.get("/decisions")
    async def list_decisions(
        reader: Reader, agent: AgentFilter = None, cursor: NumberCursor = None, limit: Limit = 50
    ) -> Page[DecisionView]:
        """Approvals: released, refused with a reason, or waiting with the reason so far."""
        before = int(cursor) if cursor else None
        async with database.read() as connection:
            found = await read_decisions(connection, reader.agents_of(agent), before, limit + 1)
        more = str(found[limit - 1][0]) if len(found) > limit else None
        return Page(items=tuple(view for _, view in found[:limit]), next_cursor=more)

    @router.get("/signing-keys")
    async def list_signing_keys(reader: Reader) -> SigningKeysView:
        """Public keys, with the older keys that vouch for newer ones."""
        async with database.read() as connection:
            return await read_keys(connection, keys.signer.get().key_id)

    @router.post("/signing-keys/rotate", responses=problem_responses(409))
    async def rotate_signing_key(admin: Admin) -> SigningKeysView:
        """Make a new key that the current one endorses; old bundles stay valid."""
        with as_http():
            await keys.rotate()
        async with database.read() as connection:
            return await read_keys(connection, keys.signer.get().key_id)

    return router
