"""Reads a request body: every byte is counted before it is kept, and again once inflated."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from services.ingest.adapters.inflate import BadCompressionError, inflate
from services.ingest.domain.limits import Hold
from services.ingest.domain.refuse import RefusedError, Why
from services.ingest.settings import IngestSettings


async def read_body(request: Request, hold: Hold, settings: IngestSettings) -> bytes:
    """The body without its content encoding, or `RefusedError`."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower() or "identity"
    try:
        async with asyncio.timeout(settings.body_seconds_max):
            body = await _receive(request, hold, settings.body_bytes_max)
    except TimeoutError as error:
        text = f"the body did not arrive within {settings.body_seconds_max:g} s"
        raise RefusedError(Why.TOO_SLOW, text) from error
    except ClientDisconnect as error:
        raise RefusedError(Why.MALFORMED, "the client left before the body was complete") from error
    if encoding == "identity":
        return body
    return await _inflated(encoding, body, hold, settings.decoded_bytes_max)


async def _receive(request: Request, hold: Hold, bytes_max: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > bytes_max:
        raise _too_large("a body", bytes_max)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > bytes_max:
            raise _too_large("a body", bytes_max)
        hold.grow(len(chunk))
        chunks.append(chunk)
    return b"".join(chunks)


async def _inflated(encoding: str, body: bytes, hold: Hold, bytes_max: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        for piece in inflate(encoding, body):
            size += len(piece)
            if size > bytes_max:
                raise _too_large("a decompressed body", bytes_max)
            hold.grow(len(piece))
            pieces.append(piece)
            if len(pieces) > 1:
                await asyncio.sleep(0)  # a long body must not hold up the others
    except BadCompressionError as error:
        raise RefusedError(Why.MALFORMED, str(error)) from error
    return b"".join(pieces)


def _too_large(what: str, bytes_max: int) -> RefusedError:
    return RefusedError(Why.TOO_LARGE, f"{what} may have {bytes_max} bytes: send smaller batches")
