"""Work on many things, of which each may meet its own trouble."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from services.review_gate.domain.errors import GateError

T = TypeVar("T")


async def one_by_one(items: Iterable[T], work: Callable[[T], Awaitable[None]]) -> None:
    """What goes wrong with one item holds up no other; all of it is raised at the end."""
    errors: list[str] = []
    for item in items:
        try:
            await work(item)
        except GateError as error:
            errors.append(str(error))
    if errors:
        raise GateError("; ".join(dict.fromkeys(errors)))
