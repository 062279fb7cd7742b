"""Waiting until the platform has taken in what was sent."""

import asyncio
from collections.abc import Callable, Collection, Sequence

from examples.procurement.demo.agent_process import INSTANCE_ID
from examples.procurement.demo.platform_api import PlatformApi
from examples.procurement.demo.waiting import wait_for
from libs.contracts.api import FeedbackPosted, InstanceView

QUIET_IN_A_ROW = 3
SETTLE_SECONDS = 5.0
Tick = Callable[[], None]


class Intake:
    """Each wait ends when what it waits for can be read over the API."""

    def __init__(self, api: PlatformApi, root_name: str, agent_url: str) -> None:
        self._api = api
        self._root_name = root_name
        self._agent_url = agent_url

    async def stored(self, trace_ids: Collection[str], digest: str, tick: Tick) -> None:
        """Until every trace is complete, so that it is evaluated, too."""
        missing = set(trace_ids)

        async def probe() -> bool | None:
            found = await self._api.traces(digest)
            whole = {
                one.trace_id for one in found if one.complete and one.root_name == self._root_name
            }
            for _ in missing & whole:
                tick()
            missing.difference_update(whole)
            return None if missing else True

        await wait_for(f"{len(missing)} traces to be complete", probe)

    async def taken_in(self, posted: Sequence[FeedbackPosted], digest: str, tick: Tick) -> None:
        """Until every review is an example, and no service has anything left to read."""
        shown = 0

        async def probe() -> bool | None:
            nonlocal shown
            counts = await self._api.counts(digest)
            known = sum(one.n for one in counts.splits)
            for _ in range(shown, min(known, len(posted))):
                tick()
            shown = max(shown, known)
            waiting = counts.pending > 0 or known < len(posted)
            return None if waiting else True

        await wait_for(f"{len(posted)} reviews to become examples", probe)
        await self._quiet()

    async def _quiet(self) -> None:
        """Between one topic and the next something may be nowhere: so it has to hold twice."""
        in_a_row = 0

        async def probe() -> bool | None:
            nonlocal in_a_row
            lag = await self._api.lag()
            if lag is None:  # not told here: give it time
                await asyncio.sleep(SETTLE_SECONDS)
                return True
            in_a_row = in_a_row + 1 if lag == 0 else 0
            return True if in_a_row == QUIET_IN_A_ROW else None

        await wait_for("every event to be read", probe)

    async def live(self, wanted: Collection[str | None]) -> str:
        """Until the running agent reports a wanted config as its own; its digest."""

        async def moved() -> str | None:
            pointer = await self._api.channel()
            return pointer.digest if pointer and pointer.digest in wanted else None

        digest = await wait_for("the approved config to be released", moved)
        await self.applied(digest)
        return digest

    async def applied(self, digest: str) -> None:
        """Until the running agent has acknowledged this config."""

        async def probe() -> bool | None:
            one = await self._instance()
            return True if one and one.applied_digest == digest else None

        await wait_for(f"the agent to apply {digest[:19]}", probe)

    async def replay_url(self) -> str:
        """Where the running agent has announced that it replays."""

        async def probe() -> str | None:
            one = await self._instance()
            return one.replay_url if one else None

        return await wait_for("the agent to announce its replay address", probe)

    async def _instance(self) -> InstanceView | None:
        """The agent's last report, unless it is one of the process before this."""
        for one in await self._api.instances():
            address = one.replay_url or ""
            if one.instance_id == INSTANCE_ID and address.startswith(self._agent_url):
                return one
        return None
