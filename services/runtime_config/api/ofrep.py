"""OpenFeature Remote Evaluation Protocol: parameters and prompts as flags.

The agent is named in the context (`agent`, and `channel`, by default production), or in front of
the flag's key: `buyer/parameters.threshold`. The targeting key decides the side of a canary.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse
from pawl_sdk.bundle import Bundle
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from libs.contracts.api import ChannelPointer
from libs.runtime.auth import Principal, check_agent
from libs.runtime.problems import problem_responses
from libs.storage import Database
from services.runtime_config.adapters.channels_sql import read_pointer
from services.runtime_config.adapters.releases_sql import read_bundle
from services.runtime_config.api.parameters import Reader
from services.runtime_config.domain.flags import digest_of_variant, flags_of, variant_of
from services.runtime_config.domain.moves import etag_of

IfNoneMatch = Annotated[str | None, Header()]


class FlagContext(BaseModel):
    """The evaluation context; other attributes are ignored."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    targeting_key: Annotated[str | None, Field(alias="targetingKey", max_length=500)] = None
    agent: Annotated[str | None, Field(max_length=63)] = None
    channel: Annotated[str, Field(max_length=63)] = "production"


class FlagRequest(BaseModel):
    """`{"context": {...}}`."""

    model_config = ConfigDict(extra="ignore")

    context: FlagContext = FlagContext()


class FlagView(BaseModel):
    """One flag as the protocol has it."""

    key: str
    value: JsonValue
    reason: str
    variant: str
    metadata: dict[str, JsonValue]


class FlagsView(BaseModel):
    """Every flag."""

    flags: list[FlagView]


class FlagFailure(BaseModel):
    """Why there is no value; `errorCode` is one of the protocol's."""

    key: str | None = None
    errorCode: str  # noqa: N815 - the protocol's name
    errorDetails: str  # noqa: N815


FAILURES: dict[int | str, dict[str, Any]] = {
    400: {
        "model": FlagFailure,
        "description": "The context names no agent, or the body is no JSON",
        "content": {"application/problem+json": {}},
    },
    404: {"model": FlagFailure, "description": "No such flag, or no such channel"},
    **problem_responses(422),
}


class _FlagError(Exception):
    def __init__(self, status: int, code: str, details: str) -> None:
        super().__init__(details)
        self.status = status
        self.body = {"errorCode": code, "errorDetails": details}


def ofrep_router(database: Database) -> APIRouter:
    router = APIRouter(prefix="/ofrep/v1/evaluate/flags", tags=["flags"])

    @router.post("/{key:path}", response_model=FlagView, responses=FAILURES)
    async def evaluate_flag(reader: Reader, key: str, request: FlagRequest) -> JSONResponse:
        """One flag."""
        agent, slash, name = key.rpartition("/")
        named = {"agent": agent} if slash else {}
        try:
            seen = await _seen(database, reader, request.context.model_copy(update=named))
            return JSONResponse(seen.flag(key, name))
        except _FlagError as error:
            return JSONResponse({"key": key, **error.body}, status_code=error.status)

    @router.post(
        "",
        response_model=FlagsView,
        responses=FAILURES | {304: {"description": "Nothing changed"}},
    )
    async def evaluate_all(
        reader: Reader, request: FlagRequest, if_none_match: IfNoneMatch = None
    ) -> JSONResponse:
        """Every flag of an agent; 304 while neither channel nor side changed."""
        try:
            seen = await _seen(database, reader, request.context)
        except _FlagError as error:
            return JSONResponse(error.body, status_code=error.status)
        headers = {"ETag": f'"{etag_of(seen.pointer)[1:-1]}-{seen.variant}"'}
        if if_none_match == headers["ETag"]:
            return JSONResponse(None, status_code=304, headers=headers)
        flags = [seen.flag(name, name) for name in flags_of(seen.bundle)]
        return JSONResponse({"flags": flags}, headers=headers)

    return router


@dataclass(frozen=True)
class _Seen:
    """What one targeting key sees of a channel."""

    pointer: ChannelPointer
    variant: str
    bundle: Bundle

    def flag(self, key: str, name: str) -> dict[str, Any]:
        flags = flags_of(self.bundle)
        if name not in flags:
            known = ", ".join(sorted(flags)) or "none"
            raise _FlagError(404, "FLAG_NOT_FOUND", f"no flag {name!r}; there are: {known}")
        return {
            "key": key,
            "value": flags[name],
            "reason": "SPLIT" if self.pointer.canary else "STATIC",
            "variant": self.variant,
            "metadata": {"digest": self.bundle.digest, "generation": self.pointer.generation},
        }


async def _seen(database: Database, reader: Principal, context: FlagContext) -> _Seen:
    if not context.agent:
        raise _FlagError(
            400, "INVALID_CONTEXT", "name the agent: context.agent, or <agent>/ before the key"
        )
    check_agent(reader, context.agent)
    async with database.read() as connection:
        pointer = await read_pointer(connection, context.agent, context.channel)
        if pointer is None:
            raise _FlagError(
                404,
                "FLAG_NOT_FOUND",
                f"agent {context.agent!r} has no channel {context.channel!r}",
            )
        variant = variant_of(pointer, context.targeting_key)
        stored = await read_bundle(connection, digest_of_variant(pointer, variant))
    if stored is None:
        raise _FlagError(500, "GENERAL", f"the bundle of {pointer.digest} is missing")
    return _Seen(pointer, variant, Bundle.from_bytes(stored.content))
