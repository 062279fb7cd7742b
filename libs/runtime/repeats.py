"""A query parameter that stands for one value may be given once: else one of them would be lost."""

from typing import Any

from fastapi import Depends, FastAPI, Request
from starlette.exceptions import HTTPException

Single = dict[tuple[str, str], frozenset[str]]


def refuse_repeats(api: FastAPI) -> None:
    """Routes added from now on answer 422 to `?agent=a&agent=b`, unless `agent` is a list."""
    single: Single = {}

    async def check(request: Request) -> None:
        given = request.query_params.multi_items()
        if len(given) < 2:
            return
        if not single:
            single.update(_single_parameters(api.openapi()))
        names = [name for name, _ in given]
        allowed_once = single.get((request.scope["route"].path_format, request.method), frozenset())
        if repeated := sorted({one for one in allowed_once if names.count(one) > 1}):
            raise HTTPException(422, f"query.{repeated[0]}: expected one value, came several")

    api.router.dependencies.append(Depends(check))


def _single_parameters(description: dict[str, Any]) -> Single:
    return {
        (path, method.upper()): frozenset(
            one["name"]
            for one in operation.get("parameters", ())
            if one["in"] == "query" and not _is_list(one["schema"])
        )
        for path, operations in description.get("paths", {}).items()
        for method, operation in operations.items()
    }


def _is_list(schema: dict[str, Any]) -> bool:
    return any(part.get("type") == "array" for part in (schema, *schema.get("anyOf", ())))
