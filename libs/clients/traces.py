"""Runs: `/api/v1/traces` on traces."""

import asyncio
from collections.abc import Sequence

import httpx
import orjson
from pydantic import ValidationError

from libs.clients.asking import Asking, Denied, UnreadableAnswer
from libs.contracts.api import TracesAsked, TraceTree, TraceTrees

PATH = "/api/v1/traces"


class TracesClient:
    """At most `traces_max` traces are asked for at once."""

    def __init__(self, client: httpx.AsyncClient, traces_max: int = 100) -> None:
        self._asking = Asking("traces", client)
        self._traces_max = traces_max

    async def tree(self, project: str, trace_id: str) -> TraceTree | None:
        """The trace as far as it is stored, with what was said of it; None while it is not."""
        return await self._asking.get(TraceTree, f"{PATH}/{trace_id}", {"project": project})

    async def in_every_project(self, trace_id: str) -> list[TraceTree]:
        """A trace may run through several projects, each with spans of its own.

        What the key may not see is left out.
        """
        try:
            one = await self._visible(trace_id)
            return [] if one is None else [one]
        except Denied as error:
            projects = error.problem.projects if error.problem else None
            if error.status != httpx.codes.CONFLICT or projects is None:
                raise
        found = [await self._visible(trace_id, project) for project in projects]
        return [tree for tree in found if tree is not None]

    async def _visible(self, trace_id: str, project: str | None = None) -> TraceTree | None:
        try:
            return await self._asking.get(TraceTree, f"{PATH}/{trace_id}", {"project": project})
        except Denied as error:
            if error.status != httpx.codes.FORBIDDEN:
                raise
            return None

    async def many(self, project: str, trace_ids: Sequence[str]) -> list[TraceTree]:
        """Those that are there, without evaluations and feedback."""
        trees: list[TraceTree] = []
        wanted = list(dict.fromkeys(trace_ids))
        while wanted:
            asked, wanted = wanted[: self._traces_max], wanted[self._traces_max :]
            body = TracesAsked(project=project, trace_ids=tuple(asked))
            answer = await self._asking.send("POST", f"{PATH}/read", body=body)
            if answer is None:
                raise UnreadableAnswer(f"traces does not know POST {PATH}/read")
            told = await asyncio.to_thread(_parsed, answer.content)
            trees += told.items
            wanted += told.left
        return trees


def _parsed(content: bytes) -> TraceTrees:
    """Trace by trace, in a thread: thousands of spans at once would hold up everybody else."""
    try:
        told = orjson.loads(content)
        items = tuple(TraceTree.model_validate(one) for one in told["items"])
        return TraceTrees.model_construct(items=items, left=tuple(told["left"]))
    except (ValidationError, ValueError, KeyError, TypeError) as error:
        raise UnreadableAnswer(f"traces answered with no TraceTrees: {error}") from error
