"""Waiting until the platform has taken in what was sent."""

from collections.abc import Callable, Collection

from examples.procurement.demo.agent_process import INSTANCE_ID
from examples.procurement.demo.platform_api import PlatformApi
from examples.procurement.demo.reviewing import REVIEWER
from examples.procurement.demo.waiting import wait_for
from libs.contracts.api import InstanceView

Tick = Callable[[], None]


class Intake:
    """Each wait ends when what it waits for can be read over the API."""

    def __init__(self, api: PlatformApi, agent: str, agent_url: str) -> None:
        self._api = api
        self._agent = agent
        self._agent_url = agent_url

    async def stored(self, trace_ids: Collection[str], digest: str, tick: Tick) -> None:
        """Until every trace is complete, so that it is evaluated, too."""
        missing = set(trace_ids)

        async def probe() -> bool | None:
            found = await self._api.traces(digest)
            whole = {one.trace_id for one in found if one.complete and one.root_name == self._agent}
            for _ in missing & whole:
                tick()
            missing.difference_update(whole)
            return None if missing else True

        await wait_for(f"{len(missing)} traces to be complete", probe)

    async def taken_in(self, before: int, posted: int, tick: Tick) -> None:
        """Until the reviews that were just posted are examples, after the `before` earlier ones."""
        shown = 0

        async def probe() -> bool | None:
            nonlocal shown
            counts = await self._api.datasets.counts(self._agent)
            known = min(counts.reviews - before, posted)
            for _ in range(shown, known):
                tick()
            shown = max(shown, known)
            return True if known == posted and counts.pending == 0 else None

        await wait_for(f"{posted} reviews to become examples", probe)

    async def live(self, wanted: str) -> None:
        """Until the running agent reports the wanted config as its own, for all of its traffic.

        What came as a canary gets all of it at once: its test on live traffic goes on.
        """

        async def moved() -> bool | None:
            pointer = await self._api.channel()
            if pointer and pointer.canary and pointer.canary.digest == wanted:
                await self._api.promote(pointer, REVIEWER, "The demo shows it on every request.")
                return None
            return True if pointer and pointer.digest == wanted else None

        await wait_for("the approved config to be released", moved)
        await self.applied(wanted)

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
