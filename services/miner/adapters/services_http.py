"""What a mining run reads: clusters, mined examples, config files, what a sealed test needs."""

import httpx

from libs.contracts.api import ClusterView, ConfigFiles, ExampleView, LedgerView, Page
from libs.runtime import TransientError
from libs.runtime.http import fetch

PAGE = 500


class Platform:
    """Reads only what a miner may see: never an example of the select or sealed split."""

    def __init__(
        self,
        clustering: httpx.AsyncClient,
        experiments: httpx.AsyncClient,
        review_gate: httpx.AsyncClient,
    ) -> None:
        self._clustering = clustering
        self._experiments = experiments
        self._review_gate = review_gate

    async def clusters(self, agent: str) -> list[ClusterView]:
        """Open clusters, after everything heard so far is clustered."""
        path = "/api/v1/clusters/refresh"
        try:
            answer = await self._clustering.post(path, params={"agent": agent})
        except httpx.HTTPError as error:
            raise TransientError(f"POST {path}: {error!r}") from error
        if not answer.is_success:
            raise TransientError(f"POST {path}: {answer.status_code} {answer.text[:500]}")
        query = {"agent": agent, "status": "open", "limit": PAGE}
        found = await fetch(self._clustering, "/api/v1/clusters", query)
        if found is None:
            return []
        return list(Page[ClusterView].model_validate_json(found.content).items)

    async def examples(self, agent: str) -> list[ExampleView]:
        """Every example of the mine split."""
        examples: list[ExampleView] = []
        query: dict[str, str | int] = {"agent": agent, "split": "mine", "limit": PAGE}
        while True:
            found = await fetch(self._experiments, "/api/v1/examples", query)
            if found is None:
                return examples
            page = Page[ExampleView].model_validate_json(found.content)
            examples += page.items
            if page.next_cursor is None:
                return examples
            query["cursor"] = page.next_cursor

    async def files(self, agent: str) -> ConfigFiles | None:
        """The agent's config as it stands on main."""
        found = await fetch(self._review_gate, f"/api/v1/config-repo/{agent}", {"ref": "main"})
        return ConfigFiles.model_validate_json(found.content) if found else None

    async def ledger(self, agent: str) -> LedgerView | None:
        """What the next sealed test will be held to."""
        found = await fetch(self._experiments, "/api/v1/ledger", {"agent": agent})
        return LedgerView.model_validate_json(found.content) if found else None
