"""A request in, messages in the log out; an answer only once they are durable."""

import asyncio
from collections.abc import Callable, Sequence

from opentelemetry import propagate

from libs.contracts.topics import OTLP_SPANS
from libs.eventlog import EventLog, EventLogFull, Message
from libs.runtime.keys import Principal
from libs.runtime.logs import get_logger
from services.ingest.domain.limits import InFlight, Rates
from services.ingest.domain.projects import Allowed
from services.ingest.domain.refusals import Refusals
from services.ingest.domain.refuse import RefusedError, Why
from services.ingest.domain.split import Redact, SplitLimits, Splitter, TraceLot
from services.ingest.domain.wire import MalformedError, ResourceItems, TooManyError
from services.ingest.metrics import IngestMetrics
from services.ingest.settings import IngestSettings

Source = Callable[[Refusals], list[ResourceItems]]
"""Turns a body into encoded spans; may refuse some of them. Called once, perhaps in a thread."""

INLINE_COST_MAX = 1_500_000
"""In bytes of plain protobuf: above it a request takes over 5 ms and leaves the event loop."""
REDACTION_COST = 25
"""How much dearer a request is when rules are applied to its texts."""
PROBLEM_SECONDS = 10.0
"""How long a failed write keeps the door unready, when none succeeds meanwhile."""


class Door:
    """Takes bodies of every encoding and protocol."""

    def __init__(
        self,
        settings: IngestSettings,
        log: EventLog,
        metrics: IngestMetrics,
        monotonic: Callable[[], float],
        redact: Callable[[], Redact | None] = lambda: None,
    ) -> None:
        self.settings = settings
        self.metrics = metrics
        self.in_flight = InFlight(settings.in_flight_bytes_max, settings.retry_after_seconds)
        self._log = log
        self._monotonic = monotonic
        self._rates = Rates(monotonic)
        self._redact = redact
        self._problem: tuple[float, str] | None = None
        self._one_large = asyncio.Semaphore(1)

    async def take(
        self, source: Source, cost: int, size: int, who: Principal, *, whole: bool = False
    ) -> Refusals:
        """Whatever was not refused is in the log when this returns; else `RefusedError`.

        `size` is the body in bytes; `cost` the same times how much dearer than protobuf it is.
        With `whole` one refused span refuses the request.
        """
        limits = {
            "spans": who.limits.spans_per_second,
            "bytes": who.limits.bytes_per_second,
        }
        self._rates.pass_or_refuse(who.key_id, limits)
        refusals = Refusals()
        lots = await self._split(source, cost, refusals, Allowed(who.key_id, who.projects))
        if refusals.all_denied:
            raise RefusedError(Why.DENIED, refusals.text())
        if whole and refusals.refused:
            raise RefusedError(Why.MALFORMED, f"nothing was kept: {refusals.text()}")
        await self._publish(lots)
        self._rates.spend(who.key_id, limits, {"spans": refusals.kept, "bytes": size})
        self._count(lots, refusals)
        return refusals

    async def _split(
        self, source: Source, cost: int, refusals: Refusals, allowed: Allowed
    ) -> list[TraceLot]:
        redact = self._redact()

        def work() -> list[TraceLot]:
            splitter = Splitter(self._limits(), allowed, refusals, redact)
            return splitter.split(source(refusals))

        cost *= REDACTION_COST if redact else 1
        try:
            if cost <= INLINE_COST_MAX:
                return work()
            async with self._one_large:  # what a large body becomes is not held twice
                return await asyncio.to_thread(work)
        except MalformedError as error:
            raise RefusedError(Why.MALFORMED, str(error)) from error
        except TooManyError as error:
            raise RefusedError(Why.TOO_LARGE, str(error)) from error

    def _limits(self) -> SplitLimits:
        return SplitLimits(
            span_bytes_max=self.settings.span_bytes_max,
            head_bytes_max=self.settings.head_bytes_max,
            message_bytes_max=self.settings.message_bytes_max,
            output_bytes_max=self.settings.decoded_bytes_max * 2,
        )

    async def _publish(self, lots: Sequence[TraceLot]) -> None:
        if not lots:
            return
        headers = {"content-type": "application/x-protobuf"}
        propagate.inject(headers)
        name = OTLP_SPANS.name
        messages = [Message(name, lot.trace_id.hex().encode(), lot.value, headers) for lot in lots]
        try:
            await self._log.publish(messages)
        except EventLogFull as error:
            raise self._busy("the event log takes no more now") from error
        except Exception as error:
            get_logger("ingest").error("not written to the log", exc_info=error)
            raise self._busy("the event log could not be written") from error
        self._problem = None

    async def log_problem(self) -> str | None:
        """A readiness probe: what was wrong with the log at the last write, if that was lately."""
        if self._problem is None or self._monotonic() - self._problem[0] > PROBLEM_SECONDS:
            return None
        return self._problem[1]

    def _busy(self, message: str) -> RefusedError:
        self._problem = (self._monotonic(), message)
        return RefusedError(
            Why.BUSY, f"{message}: nothing was kept, try again", self.settings.retry_after_seconds
        )

    def _count(self, lots: Sequence[TraceLot], refusals: Refusals) -> None:
        self.metrics.spans.inc(refusals.kept)
        self.metrics.items_refused.inc(refusals.refused)
        self.metrics.span_bytes.inc(sum(len(lot.value) for lot in lots))
