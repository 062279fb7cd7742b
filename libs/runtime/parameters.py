"""What no endpoint should have to think of: one value given twice, and text that no table holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from starlette.exceptions import HTTPException

LISTS = (list, tuple, set, frozenset)
NUL = "\0"
NO_NUL = "expected text without the character NUL"


@dataclass(frozen=True)
class _Query:
    """The query parameters of one endpoint, by name; `once` leaves out the lists."""

    every: frozenset[str]
    once: frozenset[str]


def check_parameters(api: FastAPI) -> None:
    """Routes added from now on answer 422 to `?agent=a&agent=b`, and to NUL in a parameter.

    PostgreSQL cannot hold NUL in a text, not even to find that there is no such row. Query
    parameters that an endpoint does not declare are left to it.
    """
    known: dict[str, _Query] = {}

    async def check(request: Request) -> None:
        for name, value in request.path_params.items():
            if NUL in str(value):
                raise HTTPException(422, f"path.{name}: {NO_NUL}")
        given = request.query_params.multi_items()
        if not given:
            return
        route: APIRoute = request.scope["route"]
        if route.unique_id not in known:
            known[route.unique_id] = _query_of(route.dependant)
        query = known[route.unique_id]
        names = [name for name, _ in given]
        for name, value in given:
            if NUL in value and name in query.every:
                raise HTTPException(422, f"query.{name}: {NO_NUL}")
            if name in query.once and names.count(name) > 1:
                raise HTTPException(422, f"query.{name}: expected one value, came several")

    api.router.dependencies.append(Depends(check))


def _query_of(dependant: Dependant) -> _Query:
    found = dict(_declared(dependant))
    return _Query(
        every=frozenset(found),
        once=frozenset(name for name, kind in found.items() if not _is_list(kind)),
    )


def _declared(dependant: Dependant) -> Iterator[tuple[str, Any]]:
    """Name and type of each; a model in the query stands for its fields."""
    for one in dependant.query_params:
        kind = one.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from ((_name(n, f), f.annotation) for n, f in kind.model_fields.items())
        else:
            yield one.alias, kind
    for inner in dependant.dependencies:
        yield from _declared(inner)


def _name(name: str, field: FieldInfo) -> str:
    return field.alias or name


def _is_list(kind: Any) -> bool:
    """Also `list[str] | None`."""
    return (get_origin(kind) or kind) in LISTS or any(_is_list(part) for part in get_args(kind))
