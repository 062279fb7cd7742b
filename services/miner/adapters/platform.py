"""What a mining run reads: clusters, every review, config files."""

from libs.clients.clusters import ClustersClient
from libs.clients.datasets import DatasetsClient
from libs.clients.review_gate import ReviewGateClient
from libs.contracts.api import ClusterView, ConfigFiles, ExampleView


class Platform:
    """Other services, as the miner asks them."""

    def __init__(
        self, clustering: ClustersClient, datasets: DatasetsClient, review_gate: ReviewGateClient
    ) -> None:
        self._clustering = clustering
        self._datasets = datasets
        self._review_gate = review_gate

    async def clusters(self, agent: str) -> list[ClusterView]:
        """Open clusters, after everything heard so far is clustered."""
        await self._clustering.refresh(agent)
        return await self._clustering.open(agent)

    async def examples(self, agent: str) -> list[ExampleView]:
        """Every review so far, in the order of the log."""
        return await self._datasets.examples(agent)

    async def files(self, agent: str) -> ConfigFiles | None:
        """The agent's config as it stands on main."""
        return await self._review_gate.files(agent)
