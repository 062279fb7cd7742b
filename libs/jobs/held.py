"""Work that goes on only while its lease is held."""

import asyncio
from collections.abc import Awaitable, Callable

from libs.jobs.leases import Leases
from libs.runtime import App
from libs.runtime.outage import why


class Held:
    """Takes a lease, renews it while the work runs, and gives it back.

    Losing it ends the work on the spot, by cancellation: another has begun it, or may. So does an
    outage that lasts longer than the lease, since a database that does not answer can say nothing
    of who has the lease by now.
    """

    def __init__(self, app: App, leases: Leases) -> None:
        self._app = app
        self._leases = leases

    async def run(self, name: str, work: Callable[[], Awaitable[object]]) -> bool:
        """False when another has the lease, or it was lost; what `work` raises is raised."""
        until = self._app.clock.monotonic() + self._leases.seconds
        if not await self._leases.take(name, self._app.clock.now()):
            return False
        working = asyncio.ensure_future(work())
        renewing = asyncio.create_task(self._renew(name, until, working))
        try:
            await asyncio.wait([working])
            if working.cancelled():
                return False
            working.result()
            return True
        finally:
            working.cancel()
            renewing.cancel()
            await asyncio.gather(working, renewing, return_exceptions=True)
            await self._leases.release(name)

    async def _renew(self, name: str, until: float, working: "asyncio.Future[object]") -> None:
        monotonic, seconds = self._app.clock.monotonic, self._leases.seconds
        pause, held = seconds / 3, True
        while held:
            await asyncio.sleep(pause)
            asked = monotonic()
            try:
                async with asyncio.timeout(until - asked):
                    held = await self._leases.take(name, self._app.clock.now())
                until, pause = asked + seconds, seconds / 3
            except Exception as error:
                self._app.logger.warning("lease not renewed", lease=name, **why(error))
                pause = seconds / 30
                held = monotonic() + pause < until
        self._app.logger.error("lease lost", lease=name)
        working.cancel()
