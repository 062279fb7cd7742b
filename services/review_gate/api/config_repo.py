"""Read an agent's config files; import them once; change them by hand."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from libs.contracts.api import ConfigAgents, ConfigFiles, ConfigPosted
from libs.runtime.auth import Principal, require
from libs.runtime.problems import problem_responses
from services.review_gate.api.problems import as_http
from services.review_gate.domain.changes import ByHand
from services.review_gate.domain.imports import Imports

Agent = Annotated[str, Path(min_length=1, max_length=100)]
Ref = Annotated[str, Query(max_length=250, pattern=r"^\.?([A-Za-z0-9_/-]\.?)+$")]
"""Without two dots in a row, which would lead to another place of the forge's API."""


def config_repo_router(imports: Imports, by_hand: ByHand) -> APIRouter:
    router = APIRouter(prefix="/api/v1/config-repo", tags=["config repo"])

    @router.get("", responses=problem_responses(503))
    async def list_agents(
        reader: Annotated[Principal, Depends(require("read"))],
    ) -> ConfigAgents:
        """Agents that have a config on main, by name."""
        with as_http():
            found = await imports.agents()
        mine = tuple(one for one in found.agents if reader.allows_agent(one))
        return found.model_copy(update={"agents": mine})

    @router.get("/{agent}", responses=problem_responses(404, 422, 503))
    async def get_config(
        reader: Annotated[Principal, Depends(require("read"))], agent: Agent, ref: Ref = "main"
    ) -> ConfigFiles:
        """The files of one agent at a branch or a whole commit id."""
        with as_http():
            return await imports.read(agent, ref)

    @router.put("/{agent}", responses=problem_responses(404, 409, 422, 503))
    async def put_config(
        reviewer: Annotated[Principal, Depends(require("review"))],
        agent: Agent,
        posted: ConfigPosted,
    ) -> ConfigFiles:
        """The first files of an agent, or, with `base_commit`, what a person made of them.

        The same again changes nothing. 409 when the files on main are others than those at
        `base_commit`: read them again.
        """
        with as_http():
            if posted.base_commit is None:
                return await imports.put(agent, posted.files, posted.author, posted.message)
            return await by_hand.put(
                agent, posted.files, posted.author, posted.message, posted.base_commit
            )

    return router
