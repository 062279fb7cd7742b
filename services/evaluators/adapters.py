"""Reads traces over the trace store's API, many at once."""

import asyncio
from collections.abc import Sequence

import httpx
import orjson

from libs.contracts.api import TracesAsked, TraceTree, TraceTrees
from libs.contracts.events import TraceCompleted
from libs.runtime import TransientError
from libs.runtime.http import failed_answer

PATH = "/api/v1/traces/read"


class Traces:
    """Asks for at most `traces_max` at once."""

    def __init__(self, client: httpx.AsyncClient, traces_max: int) -> None:
        self._client = client
        self._traces_max = traces_max

    async def read(self, completed: Sequence[TraceCompleted]) -> list[TraceTree]:
        """Each trace, in the order asked; `TransientError` when one cannot be read now."""
        wanted: dict[str, list[str]] = {}
        for one in completed:
            wanted.setdefault(one.project, []).append(one.trace_id)
        found: dict[tuple[str, str], TraceTree] = {}
        for project, ids in wanted.items():
            for tree in await self._project(project, list(dict.fromkeys(ids))):
                found[project, tree.summary.trace_id] = tree
        return [_tree(found, one) for one in completed]

    async def _project(self, project: str, ids: list[str]) -> list[TraceTree]:
        trees: list[TraceTree] = []
        while ids:
            asked, ids = ids[: self._traces_max], ids[self._traces_max :]
            answer = await self._ask(TracesAsked(project=project, trace_ids=tuple(asked)))
            trees += answer.items
            ids += answer.left
        return trees

    async def _ask(self, asked: TracesAsked) -> TraceTrees:
        headers = {"content-type": "application/json"}
        try:
            answer = await self._client.post(PATH, content=asked.model_dump_json(), headers=headers)
        except httpx.HTTPError as error:
            raise TransientError(f"POST {PATH}: {error!r}") from error
        if not answer.is_success:
            raise failed_answer(answer)
        return await asyncio.to_thread(_parsed, answer.content)


def _parsed(content: bytes) -> TraceTrees:
    """Trace by trace, in a thread: thousands of spans at once would hold up everybody else."""
    told = orjson.loads(content)
    items = tuple(TraceTree.model_validate(one) for one in told["items"])
    return TraceTrees.model_construct(items=items, left=tuple(told["left"]))


def _tree(found: dict[tuple[str, str], TraceTree], completed: TraceCompleted) -> TraceTree:
    tree = found.get((completed.project, completed.trace_id))
    if tree is None:  # stored before it was told complete: a replica may be behind
        raise TransientError(f"trace {completed.trace_id} is not there")
    return tree
