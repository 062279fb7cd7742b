"""One service: its API, its subscriptions, its timers, its health. `main.py` fills one in."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import httpx
from fastapi import FastAPI

from libs.contracts.base import Event
from libs.contracts.topics import BY_MODEL, Topic
from libs.eventlog import EventLog, Subscription
from libs.runtime.batch_consumer import BatchConsumer, BatchHandler
from libs.runtime.clock import Clock, SystemClock
from libs.runtime.consumer import Consumer, RetryPolicy
from libs.runtime.envelope import to_messages
from libs.runtime.event_consumer import EventConsumer, EventHandler
from libs.runtime.health import Health, health_router
from libs.runtime.keys import KeyRing
from libs.runtime.logs import get_logger
from libs.runtime.metrics import Metrics
from libs.runtime.outage import is_outage, why
from libs.runtime.problems import install_problem_handlers
from libs.runtime.settings import RuntimeSettings
from libs.runtime.tracing import HTTP

E = TypeVar("E", bound=Event)
Hook = Callable[[], Awaitable[None]]
START_AGAIN_SECONDS = 1.0
LAG_SECONDS_MAX = 2.0
STOP_SECONDS_MAX = 3.5
"""For the timers, and for each hook. With three hooks a service takes at worst 14 s for these, 3 s
for its HTTP server and 4 s for the log, after `shutdown_seconds` of draining: Kubernetes gives 60.
"""


@dataclass
class Deps:
    """What a service is given: the same code runs embedded and in a cluster."""

    settings: RuntimeSettings
    log: EventLog
    clients: Mapping[str, httpx.AsyncClient]
    """An HTTP client per service name; embedded they run over the ASGI transport."""
    clock: Clock = field(default_factory=SystemClock)
    listen: Mapping[str, int] = field(default_factory=dict)
    """Ports asked for by name beside HTTP, e.g. `otlp_grpc`; they win over a service's settings."""


@dataclass
class _Planned:
    topic: Topic
    consumer: Consumer
    batch_max: int
    batch_wait_seconds: float


class App:
    """Wires one service. `start` runs hooks, then subscriptions, then timers; `stop` reverses."""

    def __init__(self, name: str, deps: Deps) -> None:
        self.name = name
        self.deps = deps
        self.clock = deps.clock
        self.logger = get_logger(name)
        self.metrics = Metrics(name)
        self.health = Health(monotonic=deps.clock.monotonic)
        self.health.probes["event log"] = deps.log.problem
        self.api = FastAPI(
            title=f"Pawl {name}",
            version="1",
            openapi_url=f"/{name}/openapi.json",
            docs_url=None,  # the built-in pages load scripts from elsewhere
            redoc_url=None,
            telemetry=HTTP,
        )
        self.api.include_router(health_router(self.health, self.metrics, self.measure_lag))
        install_problem_handlers(self.api)
        self.keys = KeyRing(
            deps.settings.keys_file, deps.clock.monotonic, deps.settings.internal_key
        )
        self.api.state.keys = self.keys  # read by libs.runtime.auth.require
        self.ports: dict[str, int] = {}
        """Ports bound beside HTTP, by name: filled by the service when it has bound them."""
        self._planned: list[_Planned] = []
        self._subscriptions: list[Subscription] = []
        self._timers: list[tuple[float, Hook]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._on_start: list[Hook] = []
        self._on_drain: list[Hook] = []
        self._on_stop: list[Hook] = []

    def on_start(self, hook: Hook) -> None:
        """Run before any message is fetched: migrations, connections."""
        self._on_start.append(hook)

    def on_start_first(self, hook: Hook) -> None:
        """Run before every other hook: what all of them need."""
        self._on_start.insert(0, hook)

    def on_drain(self, hook: Hook) -> None:
        """Run before anything is closed: ends what never ends by itself, such as a stream."""
        self._on_drain.append(hook)

    def on_stop(self, hook: Hook) -> None:
        """Run after the last message is committed and the last request answered."""
        self._on_stop.append(hook)

    def every(self, seconds: float, hook: Hook) -> None:
        """Run a hook again and again; an error is logged and counted, never ends the timer."""
        self._timers.append((seconds, hook))

    def subscribe(self, model: type[E], handler: EventHandler[E]) -> None:
        """Handle each event of a topic, one by one, in order of its key."""
        topic = BY_MODEL[model]
        self._plan(topic, EventConsumer(self, topic, handler), batch_max=50)

    def subscribe_batch(
        self, topic: Topic, handler: BatchHandler, *, batch_max: int, batch_wait_seconds: float
    ) -> None:
        """Handle many raw records at once; for hot topics. The handler returns those it refuses."""
        consumer = BatchConsumer(self, topic, handler)
        self._plan(topic, consumer, batch_max, batch_wait_seconds)

    def _plan(
        self, topic: Topic, consumer: Consumer, batch_max: int, batch_wait_seconds: float = 0.02
    ) -> None:
        if self.name not in topic.consumers:
            raise ValueError(f"{self.name} is no declared consumer of {topic.name}: topics.py")
        self._planned.append(_Planned(topic, consumer, batch_max, batch_wait_seconds))

    @property
    def consumes(self) -> frozenset[str]:
        """Names of the topics that this service subscribes to."""
        return frozenset(plan.topic.name for plan in self._planned)

    async def publish(self, events: Sequence[Event], causes: Sequence[str] | None = None) -> None:
        """Return once every event is durable in the log; `causes`: one trace context each."""
        now = self.clock.now()
        for event in events:
            if BY_MODEL[type(event)].producer != self.name:
                raise ValueError(f"{self.name} is no declared producer of {type(event).__name__}")
        await self.deps.log.publish(to_messages(events, self.name, now, causes))
        for event in events:
            self.metrics.published.labels(self.name, BY_MODEL[type(event)].name).inc()

    def client(self, service: str) -> httpx.AsyncClient:
        """The HTTP client for another service's API."""
        return self.deps.clients[service]

    @property
    def retry_policy(self) -> RetryPolicy:
        return RetryPolicy.from_settings(self.deps.settings)

    async def start(self) -> None:
        """What is needed and away is waited for: services may start in any order."""
        for hook in self._on_start:
            await self._when_available(hook)
        for plan in self._planned:
            await self._when_available(partial(self._join, plan))
        self._tasks += [asyncio.create_task(self._run_timer(s, h)) for s, h in self._timers]
        self._tasks.append(asyncio.create_task(self._run_timer(5.0, self.measure_lag)))
        self.health.started = True
        self.logger.info("started")

    async def _join(self, plan: _Planned) -> None:
        self._subscriptions.append(
            await self.deps.log.subscribe(
                plan.topic.name,
                self.name,
                plan.consumer.deliver,
                batch_max=plan.batch_max,
                batch_wait_seconds=plan.batch_wait_seconds,
            )
        )

    async def _when_available(self, step: Hook) -> None:
        while True:
            try:
                await step()
            except Exception as error:
                if not is_outage(error):
                    raise
                self.health.fail("waiting", str(error))
                self.logger.warning("cannot start yet", error=str(error))
                await asyncio.sleep(START_AGAIN_SECONDS)
            else:
                self.health.clear("waiting")
                return

    async def drain(self) -> None:
        """Stop fetching, finish in flight, commit, leave; within `shutdown_seconds`."""
        self.health.stopping = True
        hooks, self._on_drain = self._on_drain, []
        subscriptions, self._subscriptions = self._subscriptions, []
        for hook in hooks:
            await self._close(hook, STOP_SECONDS_MAX)
        seconds = self.deps.settings.shutdown_seconds
        await asyncio.gather(*(self._close(one.stop, seconds) for one in subscriptions))

    async def stop(self) -> None:
        """Drain, then end timers and close what the service holds."""
        await self.drain()
        await self._close(self._end_timers, STOP_SECONDS_MAX)
        for hook in reversed(self._on_stop):
            await self._close(hook, STOP_SECONDS_MAX)
        self.logger.info("stopped")

    async def _close(self, step: Hook, seconds_max: float) -> None:
        """Whatever becomes of it, the others still have to be closed."""
        try:
            async with asyncio.timeout(seconds_max):
                await step()
        except Exception as error:
            name = getattr(step, "__qualname__", repr(step))
            self.logger.error("not closed", step=name, exc_info=error)

    async def _end_timers(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run_timer(self, seconds: float, hook: Hook) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await hook()
            except Exception as error:
                self.logger.error("timer failed", hook=hook.__qualname__, **why(error))

    async def measure_lag(self) -> None:
        """Set the lag gauges to the state of this moment; every scrape asks for it."""
        pairs = list(zip(self._planned, self._subscriptions, strict=False))
        await asyncio.gather(*(self._measure(plan.topic, one) for plan, one in pairs))

    async def _measure(self, topic: Topic, subscription: Subscription) -> None:
        """In an outage of the log the gauge keeps its last value."""
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(LAG_SECONDS_MAX):
                self.metrics.lag.labels(self.name, topic.name).set(await subscription.lag())
