"""Labelled examples: `/api/v1/examples` on datasets."""

import httpx
from pawl_sdk.bundle import is_name

from libs.clients.asking import Asking, Query
from libs.contracts.api import ExampleCounts, ExampleView, Page

PATH = "/api/v1/examples"
PAGE = 500


class DatasetsClient:
    """Agents are named by spans, which may say anything: what is no name has no examples."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._asking = Asking("datasets", client)

    async def head(self, agent: str) -> int:
        """The largest position of the agent's log of reviews; 0 before the first.

        Every review up to it can be read already; those that come later get larger positions.
        """
        return (await self.counts(agent)).head

    async def counts(self, agent: str, config_digest: str | None = None) -> ExampleCounts:
        """Agreement over all, or at one digest."""
        empty = ExampleCounts(agent=agent, config_digest=config_digest, pending=0)
        if not is_name(agent):
            return empty
        query = {"agent": agent, "config_digest": config_digest}
        return await self._asking.get(ExampleCounts, f"{PATH}/counts", query) or empty

    async def examples(
        self, agent: str, after: int = 0, through: int | None = None, limit: int | None = None
    ) -> list[ExampleView]:
        """Reviews in the order of their positions, `after < position <= through`; `limit` in all.

        Without `through` to the end, without `limit` all of them, page by page.
        """
        found: list[ExampleView] = []
        while is_name(agent) and (limit is None or len(found) < limit):
            size = PAGE if limit is None else min(PAGE, limit - len(found))
            query: Query = {"agent": agent, "after": after, "through": through, "limit": size}
            page = await self._asking.get(Page[ExampleView], PATH, query)
            if page is None:
                break
            found += page.items
            if page.next_cursor is None or not page.items:
                break
            after = page.items[-1].position
        return found
