"""What the review gate says of a decision, over its public API."""

from typing import TypeVar

import httpx
from pydantic import ValidationError

from libs.contracts.api import ConfigFiles, ProposalView
from libs.contracts.base import Model
from libs.contracts.events import ProposalDecided
from libs.runtime import TransientError
from libs.runtime.http import failed_answer
from services.runtime_config.domain.recheck import RefusedError

M = TypeVar("M", bound=Model)


class ReviewGate:
    """Raises `TransientError` when the gate cannot be asked, `RefusedError` when it denies."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def merged_files(self, decided: ProposalDecided) -> ConfigFiles:
        """The agent's files at the merge commit."""
        path = f"/api/v1/config-repo/{decided.agent}"
        return await self._get(ConfigFiles, path, {"ref": decided.merge_commit or ""})

    async def proposal(self, decided: ProposalDecided) -> ProposalView:
        """The gate's record of the proposal."""
        return await self._get(ProposalView, f"/api/v1/proposals/{decided.proposal_id}", {})

    async def _get(self, model: type[M], path: str, params: dict[str, str]) -> M:
        try:
            response = await self._client.get(path, params=params)
        except httpx.HTTPError as error:
            raise TransientError(f"review_gate: {error!r}") from error
        if response.status_code in (400, 404, 410, 422):
            raise RefusedError(f"review_gate does not know {path} {params}: {response.text[:300]}")
        if response.status_code != httpx.codes.OK:
            raise failed_answer(response)
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            raise TransientError(f"review_gate {path}: not a {model.__name__}: {error}") from error
