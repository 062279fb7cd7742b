"""Bundles by digest: immutable bytes with a signature."""

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from libs.runtime.problems import problem_responses
from libs.storage import Database
from services.runtime_config.adapters.releases_sql import read_bundle
from services.runtime_config.api.parameters import Digest, Reader


def bundles_router(database: Database) -> APIRouter:
    router = APIRouter(prefix="/api/v1/bundles", tags=["bundles"])

    @router.get(
        "/{digest}",
        response_class=Response,
        responses={200: {"content": {"application/json": {}}}, **problem_responses(404, 422)},
    )
    async def get_bundle(reader: Reader, digest: Digest) -> Response:
        """Canonical JSON whose SHA-256 is the digest; may be cached for ever."""
        async with database.read() as connection:
            found = await read_bundle(connection, digest)
        if found is None or not reader.allows_agent(found.agent):
            raise HTTPException(404, f"there is no bundle {digest}")
        headers = {
            "ETag": f'"{digest}"',
            "Cache-Control": "private, max-age=31536000, immutable",
            "X-Pawl-Key-Id": found.key_id,
            "X-Pawl-Signature": found.signature,
        }
        return Response(found.content, media_type="application/json", headers=headers)

    return router
