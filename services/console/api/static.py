"""Style sheet, script and mark; the address changes with the content, so they may be kept long."""

import hashlib
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.exceptions import HTTPException

FOLDER = Path(__file__).resolve().parents[1] / "static"
_TYPES = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "mark.svg": "image/svg+xml",
}


def static_router() -> APIRouter:
    router = APIRouter(include_in_schema=False)
    files = {name: (FOLDER / name).read_bytes() for name in _TYPES}

    @router.get("/static/{name}")
    async def file(name: str) -> Response:
        if name not in files:
            raise HTTPException(404, f"there is no file {name!r}")
        headers = {"cache-control": "public, max-age=31536000, immutable"}
        return Response(files[name], media_type=_TYPES[name], headers=headers)

    @router.get("/favicon.ico")
    async def icon() -> Response:
        return Response(files["mark.svg"], media_type=_TYPES["mark.svg"])

    return router


def asset_version() -> str:
    """Short digest over every static file."""
    whole = hashlib.sha256(b"".join((FOLDER / name).read_bytes() for name in sorted(_TYPES)))
    return whole.hexdigest()[:10]
