"""What the exemplar traces of a proposal say.

A trace may run through several projects, each with spans of its own: all of them are read.
"""

from collections.abc import Iterator, Sequence

from libs.clients import TracesClient
from libs.contracts.api import TraceTree


class ApiTraceTexts:
    """Input and output of every span. A trace that is gone is left out."""

    def __init__(self, traces: TracesClient) -> None:
        self._traces = traces

    async def texts(self, trace_ids: Sequence[str]) -> Sequence[str]:
        return [
            text
            for id_ in trace_ids
            for tree in await self._traces.in_every_project(id_)
            for text in _texts(tree)
        ]


def _texts(tree: TraceTree) -> Iterator[str]:
    for span in tree.spans:
        for text in (span.input, span.output):
            if text:
                yield text
