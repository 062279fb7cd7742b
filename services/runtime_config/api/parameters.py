"""Parts of paths, queries and headers that several endpoints take."""

from typing import Annotated

from fastapi import Depends, Header, Path, Query
from pawl_sdk.bundle.model import DIGEST, NAME
from starlette.exceptions import HTTPException

from libs.runtime.auth import Principal, require

Agent = Annotated[str, Path(pattern=NAME)]
Channel = Annotated[str, Path(pattern=NAME)]
Digest = Annotated[str, Path(pattern=DIGEST)]
InstanceId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$")]
AgentFilter = Annotated[str | None, Query(pattern=NAME)]
Limit = Annotated[int, Query(ge=1, le=200)]
NumberCursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$")]

Reader = Annotated[Principal, Depends(require("read"))]
Sender = Annotated[Principal, Depends(require("ingest"))]
Reviewer = Annotated[Principal, Depends(require("review"))]
Admin = Annotated[Principal, Depends(require("admin"))]

_IF_MATCH = "The generation that the move starts from, or its ETag; 0 for a new channel"


def _generation(text: str) -> int:
    number = text.strip().removeprefix("W/").strip('"').partition("-")[0]
    if not number.isdecimal() or len(number) > 9:
        raise HTTPException(400, f"If-Match: expected a generation or an ETag, came {text!r}")
    return int(number)


async def _required(
    if_match: Annotated[str | None, Header(description=_IF_MATCH)] = None,
) -> int:
    if if_match is None:
        raise HTTPException(
            428, "If-Match: name the generation that the move starts from (0: a new channel)"
        )
    return _generation(if_match)


async def _optional(
    if_match: Annotated[str | None, Header(description=_IF_MATCH)] = None,
) -> int | None:
    return None if if_match is None else _generation(if_match)


FromGeneration = Annotated[int, Depends(_required)]
FromGenerationIfGiven = Annotated[int | None, Depends(_optional)]
