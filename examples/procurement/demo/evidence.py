"""Waiting until the newest reviews have judged what was frozen before they came."""

import time
from collections.abc import Sequence

from examples.procurement.demo.platform_api import PlatformApi
from examples.procurement.demo.state import Outcome
from examples.procurement.demo.waiting import wait_for
from libs.contracts.api import ExperimentView, LedgerEntry, LedgerView
from libs.contracts.events import EvidenceResult

STALLED_SECONDS = 45.0
"""A test that does not move for so long waits for something else than reviews."""


class Evidence:
    """Reads how far the tests of experiments have come."""

    def __init__(self, api: PlatformApi, agent: str) -> None:
        self._api = api
        self._agent = agent

    async def through(self, waiting: Sequence[Outcome], promoted: Outcome | None) -> None:
        """Until the newest review has judged every candidate that waits for evidence.

        What was `promoted` on procedure evidence has a test on live traffic, likewise.
        """
        head = await self._api.datasets.head(self._agent)
        seen: list[ExperimentView | LedgerView | None] = []
        since = time.monotonic()

        async def probe() -> bool | None:
            nonlocal seen, since
            tests = [
                await self._api.experiments.experiment(one.experiment_id or "") for one in waiting
            ]
            ledger = await self._api.experiments.ledger(self._agent)
            if [*tests, ledger] != seen:
                seen, since = [*tests, ledger], time.monotonic()
            entries = ledger.entries if ledger else ()
            done = all(_judged(one, head) for one in tests) and _live(entries, promoted, head)
            stalled = time.monotonic() - since > STALLED_SECONDS
            return True if done or stalled else None

        await wait_for("the newest reviews to be taken as evidence", probe)


def _judged(test: ExperimentView | None, head: int) -> bool:
    return test is None or test.state == "finished" or _saw(test.evidence, head)


def _saw(evidence: EvidenceResult | None, head: int) -> bool:
    return evidence is not None and evidence.through_position >= head


def _live(entries: Sequence[LedgerEntry], promoted: Outcome | None, head: int) -> bool:
    if promoted is None or promoted.evidence is None or promoted.evidence.kind == "exact":
        return True
    digest = promoted.candidate_digest
    live = [one for one in entries if one.kind == "exact" and one.candidate_digest == digest]
    return bool(live) and all(one.outcome != "open" or _saw(one.evidence, head) for one in live)
