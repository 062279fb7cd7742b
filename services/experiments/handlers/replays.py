"""Runs cases under a bundle, from the cache where it was done before."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pawl_sdk.bundle import Bundle

from services.experiments.adapters.fleet_sql import FleetStore
from services.experiments.adapters.replay_http import BundleRefused, ReplayClient, ReplayFailed
from services.experiments.adapters.replays_sql import ReplayCache
from services.experiments.domain.cases import Case
from services.experiments.domain.replayed import Replayed, Replays

TIMED_BATCH = 5
PAUSE_SECONDS = 0.2
PAUSE_SECONDS_MAX = 5.0


class MissingReplays(Exception):
    """Patience ran out; the text says what the last instance answered."""


@dataclass(frozen=True)
class ReplayTerms:
    batch: int
    parallel: int
    patience_seconds: float


class ReplayRunner:
    def __init__(
        self,
        cache: ReplayCache,
        client: ReplayClient,
        fleet: FleetStore,
        terms: ReplayTerms,
        monotonic: Callable[[], float],
    ) -> None:
        self._cache = cache
        self._client = client
        self._fleet = fleet
        self._terms = terms
        self._monotonic = monotonic

    async def time_in_turn(
        self, agent: str, one: Bundle, other: Bundle, cases: Sequence[Case]
    ) -> tuple[Replays, Replays]:
        """Run anew, a few cases under one config and then under the other, by turns first.

        What the cache holds was run at other times: a slow hour of the machine would count for one
        of the two alone.
        """
        found: dict[str, dict[str, Replayed]] = {one.digest: {}, other.digest: {}}
        for turn, start in enumerate(range(0, len(cases), TIMED_BATCH)):
            batch = cases[start : start + TIMED_BATCH]
            for bundle in (one, other) if turn % 2 == 0 else (other, one):
                results = await self._patiently(agent, bundle, batch)
                found[bundle.digest] |= {
                    case.example_key: result for case, result in zip(batch, results, strict=True)
                }
        return found[one.digest], found[other.digest]

    async def run(self, agent: str, bundle: Bundle, cases: Sequence[Case]) -> Replays:
        """A result for every case; raises `MissingReplays` or `BundleRefused`."""
        known = await self._cache.known(agent, bundle.digest, cases)
        missing = [case for case in cases if case.example_key not in known]
        if not missing:
            return known
        size = self._terms.batch
        batches = [missing[start : start + size] for start in range(0, len(missing), size)]
        gate = asyncio.Semaphore(self._terms.parallel)
        ends = await asyncio.gather(
            *(self._batch(gate, agent, bundle, batch) for batch in batches), return_exceptions=True
        )
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        # Read back what the cache holds: the record decides, also against a later, random run.
        return await self._cache.known(agent, bundle.digest, cases)

    async def _batch(
        self, gate: asyncio.Semaphore, agent: str, bundle: Bundle, batch: Sequence[Case]
    ) -> None:
        async with gate:
            results = await self._patiently(agent, bundle, batch)
            by_key = {case.example_key: one for case, one in zip(batch, results, strict=True)}
            await self._cache.store(agent, bundle.digest, batch, by_key)

    async def _patiently(self, agent: str, bundle: Bundle, batch: Sequence[Case]) -> list[Replayed]:
        """Every instance in turn, again and again; an agent may be about to come back."""
        deadline = self._monotonic() + self._terms.patience_seconds
        reason = f"no running instance of {agent} has announced a replay address"
        pause = PAUSE_SECONDS
        while True:
            for url in await self._fleet.replay_urls(agent):
                try:
                    return await self._client.replay(url, bundle, [case.input for case in batch])
                except ReplayFailed as error:
                    reason = str(error)
            if self._monotonic() + pause > deadline:
                raise MissingReplays(f"{len(batch)} or more replays are missing: {reason}")
            await asyncio.sleep(pause)
            pause = min(PAUSE_SECONDS_MAX, pause * 2)


__all__ = ["BundleRefused", "MissingReplays", "ReplayRunner", "ReplayTerms"]
