"""Bodies of HTML forms, of a bounded size."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.exceptions import HTTPException

FORM_BYTES_MAX = 200_000
_FORM = "application/x-www-form-urlencoded"


async def read_form(request: Request) -> Mapping[str, str]:
    """Field name to value; 415 for another encoding, 413 for too much, 422 for bad text."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM:
        raise HTTPException(415, f"expected a form ({_FORM})")
    body = await read_bytes(request, FORM_BYTES_MAX)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError as error:
        raise HTTPException(422, f"expected UTF-8: {error}") from error


async def read_bytes(request: Request, bytes_max: int) -> bytes:
    """The whole body, or 413 as soon as it is too long."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > bytes_max:
            raise HTTPException(413, f"expected at most {bytes_max} bytes")
        parts.append(part)
    return b"".join(parts)
