"""Cursor pagination and errors, the same everywhere."""

from typing import Generic, TypeVar

from libs.contracts.base import Model

T = TypeVar("T")


class Page(Model, Generic[T]):
    """`next_cursor` is None on the last page; pass it back as `cursor`."""

    items: tuple[T, ...]
    next_cursor: str | None = None


class Problem(Model):
    """RFC 9457 problem details: what was expected, what came, what to do next."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    projects: tuple[str, ...] | None = None
    """Where the id is that was asked for, when it is in several: ask again with one of them."""
