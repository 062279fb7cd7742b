"""Reads the traces of a batch, many at once."""

from collections.abc import Sequence

from libs.clients import TracesClient
from libs.contracts.api import TraceTree
from libs.contracts.events import TraceCompleted
from libs.runtime import TransientError


class Traces:
    """Over the trace store's API."""

    def __init__(self, client: TracesClient) -> None:
        self._client = client

    async def read(self, completed: Sequence[TraceCompleted]) -> list[TraceTree]:
        """Each trace, in the order asked; `TransientError` when one cannot be read now."""
        wanted: dict[str, list[str]] = {}
        for one in completed:
            wanted.setdefault(one.project, []).append(one.trace_id)
        found: dict[tuple[str, str], TraceTree] = {}
        for project, ids in wanted.items():
            for tree in await self._client.many(project, ids):
                found[project, tree.summary.trace_id] = tree
        return [_tree(found, one) for one in completed]


def _tree(found: dict[tuple[str, str], TraceTree], completed: TraceCompleted) -> TraceTree:
    tree = found.get((completed.project, completed.trace_id))
    if tree is None:  # stored before it was told complete: a replica may be behind
        raise TransientError(f"trace {completed.trace_id} is not there")
    return tree
