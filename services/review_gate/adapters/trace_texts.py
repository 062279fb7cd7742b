"""What the exemplar traces of a proposal say, over the public API of traces."""

from collections.abc import Iterator, Sequence

import httpx

from libs.contracts.api import TraceTree
from libs.runtime import TransientError
from libs.runtime.http import failed_answer

_NOT_THERE = (403, 404, 410)


class ApiTraceTexts:
    """Input and output of every span. A trace that is gone is left out."""

    def __init__(self, traces: httpx.AsyncClient) -> None:
        self._traces = traces

    async def texts(self, trace_ids: Sequence[str]) -> Sequence[str]:
        return [text for id_ in trace_ids for text in await self._of(id_)]

    async def _of(self, trace_id: str) -> Sequence[str]:
        try:
            response = await self._traces.get(f"/api/v1/traces/{trace_id}")
        except httpx.TransportError as error:
            raise TransientError(f"traces does not answer: {error!r}") from error
        if response.status_code in _NOT_THERE:
            return ()
        if response.status_code != 200:
            raise failed_answer(response)
        return tuple(_texts(TraceTree.model_validate_json(response.content)))


def _texts(tree: TraceTree) -> Iterator[str]:
    for span in tree.spans:
        for text in (span.input, span.output):
            if text:
                yield text
