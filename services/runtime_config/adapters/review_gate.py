"""What the review gate says of a decision."""

from collections.abc import Awaitable
from typing import TypeVar

import httpx

from libs.clients import Denied, ReviewGateClient
from libs.contracts.api import ConfigFiles, ProposalView
from libs.contracts.events import ProposalDecided
from services.runtime_config.domain.recheck import RefusedError

T = TypeVar("T")
UNKNOWN = (httpx.codes.BAD_REQUEST, httpx.codes.UNPROCESSABLE_ENTITY)


class ReviewGate:
    """Raises `TransientError` when the gate cannot be asked, `RefusedError` when it denies."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = ReviewGateClient(client)

    async def merged_files(self, decided: ProposalDecided) -> ConfigFiles:
        """The agent's files at the merge commit."""
        agent, commit = decided.agent, decided.merge_commit or ""
        return await _known(f"files of {agent} at {commit!r}", self._client.files(agent, commit))

    async def proposal(self, decided: ProposalDecided) -> ProposalView:
        """The gate's record of the proposal."""
        asked = self._client.proposal(decided.proposal_id)
        return await _known(f"proposal {decided.proposal_id}", asked)


async def _known(what: str, asked: Awaitable[T | None]) -> T:
    try:
        found = await asked
    except Denied as error:
        if error.status not in UNKNOWN:
            raise
        raise RefusedError(f"review_gate does not know {what}: {str(error)[:300]}") from error
    if found is None:
        raise RefusedError(f"review_gate does not know {what}")
    return found
