"""What the exemplar traces of a proposal say, over the public API of traces.

A trace may run through several projects, each with spans of its own: all of them are read.
"""

from collections.abc import Iterator, Sequence

import httpx

from libs.contracts.api import Problem, TraceTree
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
        response = await self._get(trace_id)
        if response.status_code != httpx.codes.CONFLICT:
            return _texts_in(response)
        projects = Problem.model_validate_json(response.content).projects or ()
        answers = [await self._get(trace_id, project=project) for project in projects]
        return [text for answer in answers for text in _texts_in(answer)]

    async def _get(self, trace_id: str, **query: str) -> httpx.Response:
        try:
            return await self._traces.get(f"/api/v1/traces/{trace_id}", params=query)
        except httpx.TransportError as error:
            raise TransientError(f"traces does not answer: {error!r}") from error


def _texts_in(response: httpx.Response) -> Sequence[str]:
    if response.status_code in _NOT_THERE:
        return ()
    if response.status_code != httpx.codes.OK:
        raise failed_answer(response)
    return tuple(_texts(TraceTree.model_validate_json(response.content)))


def _texts(tree: TraceTree) -> Iterator[str]:
    for span in tree.spans:
        for text in (span.input, span.output):
            if text:
                yield text
