"""Nothing is consumed: a timer remembers agreement under the config that serves now."""

from libs.contracts.api import ChannelPointer, ConfigAgents, ExampleCounts
from libs.runtime import App
from services.console.adapters.curves_sql import Curves
from services.console.adapters.platform import Platform


class Recorder:
    """What each config reached is kept here, so that a curve of many takes a few calls."""

    def __init__(self, app: App, curves: Curves) -> None:
        self._app = app
        self._platform = Platform(app, secret=None)
        self._curves = curves

    async def record(self) -> None:
        """Read the counts of every agent once."""
        known = await self._platform.get("review_gate", "/api/v1/config-repo", ConfigAgents)
        for agent in known.value.agents if known.value else ():
            await self._record_agent(agent)

    async def _record_agent(self, agent: str) -> None:
        path = f"/api/v1/agents/{agent}/channels/production"
        pointer = await self._platform.get("runtime_config", path, ChannelPointer)
        if pointer.value is None:
            return
        counts = await self._platform.get(
            "datasets",
            "/api/v1/examples/counts",
            ExampleCounts,
            agent=agent,
            config_digest=pointer.value.digest,
        )
        if counts.value is not None:
            await self._curves.remember(counts.value, self._app.clock.now())
