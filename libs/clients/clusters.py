"""Groups of failures: `/api/v1/clusters` on clustering."""

import httpx

from libs.clients.asking import Asking, Query
from libs.contracts.api import ClusterView, Page
from libs.contracts.base import Model

PATH = "/api/v1/clusters"
PAGE = 500


class _Refreshed(Model):
    runs: int


class ClustersClient:
    """Clusters of one agent."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._asking = Asking("clustering", client)

    async def refresh(self, agent: str) -> int:
        """Cluster everything heard so far; how many runs were looked at."""
        done = await self._asking.post(_Refreshed, f"{PATH}/refresh", {"agent": agent})
        return done.runs if done else 0

    async def open(self, agent: str) -> list[ClusterView]:
        """The largest first."""
        found: list[ClusterView] = []
        cursor: str | None = None
        while True:
            query: Query = {"agent": agent, "status": "open", "limit": PAGE, "cursor": cursor}
            page = await self._asking.get(Page[ClusterView], PATH, query)
            found += page.items if page else ()
            cursor = page.next_cursor if page else None
            if cursor is None:
                return found
