"""Config files and proposals: `/api/v1/config-repo` and `/api/v1/proposals` on review_gate."""

import httpx
from pawl_sdk.bundle import is_name

from libs.clients.asking import Asking
from libs.contracts.api import ConfigAgents, ConfigFiles, ProposalView

MAIN = "main"


class ReviewGateClient:
    """The git side of an agent's config."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._asking = Asking("review_gate", client)

    async def files(self, agent: str, ref: str = MAIN) -> ConfigFiles | None:
        """The agent's config files at a commit or branch; None where there are none."""
        if not is_name(agent):  # a span may say anything
            return None
        return await self._asking.get(ConfigFiles, f"/api/v1/config-repo/{agent}", {"ref": ref})

    async def agents(self) -> ConfigAgents | None:
        """Which agents have a config on main."""
        return await self._asking.get(ConfigAgents, "/api/v1/config-repo")

    async def proposal(self, proposal_id: str) -> ProposalView | None:
        """The gate's record of a proposal."""
        return await self._asking.get(ProposalView, f"/api/v1/proposals/{proposal_id}")
