"""Completed traces in, evaluations out."""

import asyncio
from collections.abc import Sequence

from libs.contracts.api import TraceTree
from libs.contracts.events import EvaluationRecorded, TraceCompleted
from libs.eventlog import Record
from libs.runtime import App
from libs.runtime.batch_consumer import Refused, parsed
from libs.runtime.tracing import cause_of
from services.evaluators.adapters import Traces
from services.evaluators.domain.check import Check
from services.evaluators.domain.evaluate import evaluate
from services.evaluators.domain.sampling import is_sampled
from services.evaluators.metrics import EvaluatorsMetrics


class EvaluateTraces:
    """A batch handler: reads many traces at once, publishes once."""

    def __init__(
        self,
        app: App,
        traces: Traces,
        checks: Sequence[Check],
        sampling_rate: float,
        metrics: EvaluatorsMetrics,
    ) -> None:
        self._app = app
        self._traces = traces
        self._checks = checks
        self._rate = sampling_rate
        self._metrics = metrics

    async def __call__(self, records: Sequence[Record], /) -> Sequence[Refused]:
        completed, refused = parsed(records, TraceCompleted)
        wanted = [event for _, event in completed if self._sampled(event)]
        trees = await self._traces.read(wanted)
        # Checks hold the processor, not the event loop.
        found = await asyncio.to_thread(self._evaluate, wanted, trees)
        if found:
            causes = {(one.project, one.trace_id): cause_of(record) for record, one in completed}
            await self._app.publish(found, [causes[one.project, one.trace_id] for one in found])
        self._metrics.count(found)
        return refused

    def _evaluate(
        self, wanted: Sequence[TraceCompleted], trees: Sequence[TraceTree]
    ) -> list[EvaluationRecorded]:
        found: list[EvaluationRecorded] = []
        for event, tree in zip(wanted, trees, strict=True):
            checks = [c for c in self._checks if is_sampled(c.name, event.trace_id, self._rate)]
            found += evaluate(tree, event, checks, self._app.clock.now())
        return found

    def _sampled(self, event: TraceCompleted) -> bool:
        return any(is_sampled(c.name, event.trace_id, self._rate) for c in self._checks)
