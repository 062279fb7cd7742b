"""An agent's first config, and reading any version of it."""

import asyncio
import re
from collections.abc import Mapping

from libs.contracts.api import ConfigAgents, ConfigFiles
from libs.contracts.events import ProposalDecided
from services.review_gate.domain.added_text import Added
from services.review_gate.domain.candidate import compile_files
from services.review_gate.domain.errors import ConflictError, InvalidConfigError
from services.review_gate.domain.ports import MAIN, Import, Snapshot
from services.review_gate.domain.scan import find_secrets
from services.review_gate.domain.settlement import Settlement

_AGENT = re.compile(r"(?!.*(?:\.\.|\.lock$|\.$))[a-z0-9][a-z0-9._-]{0,62}")
"""A bundle's name that git also takes as part of a branch."""


class Imports:
    """Put once an agent; afterwards proposals change it, and people by hand (`changes.py`)."""

    def __init__(self, settlement: Settlement) -> None:
        self._settlement = settlement
        self._forge = settlement.forge
        self._reviews = settlement.reviews

    async def read(self, agent: str, ref: str) -> ConfigFiles:
        """The files at a branch or commit; raises `NotFoundError`, `InvalidConfigError`."""
        return await _config_files(agent, await self._forge.snapshot(agent, ref))

    async def agents(self) -> ConfigAgents:
        """Which agents have a config."""
        commit, agents = await self._forge.agents()
        return ConfigAgents(commit=commit, agents=agents)

    async def put(
        self, agent: str, files: Mapping[str, str], author: str, message: str
    ) -> ConfigFiles:
        """Commit the first files and say so to everybody; the same files again change nothing."""
        # The registry refuses what others import, and an agent has one import.
        self._settlement.policy.check(author, None)
        await check_files(agent, files)
        async with self._settlement.turn(agent):
            known = await self._reviews.imported_files(agent)
            if known is not None:
                return await self._again(agent, files, known)
            first = Import(agent, dict(files), author, message, self._settlement.now())
            snapshot = await self._forge.import_agent(first)
            config = await _config_files(agent, snapshot)
            await self._reviews.record_import(first, snapshot, _decided(first, config))
            return config

    async def _again(
        self, agent: str, files: Mapping[str, str], known: Mapping[str, str]
    ) -> ConfigFiles:
        current = await self._forge.snapshot(agent, MAIN)
        if files not in (known, current.files):
            raise ConflictError(
                f"{agent} has a config on main at {current.commit[:12]} with other files: "
                "read them (pawl config pull), change them, and say which commit you changed"
            )
        return await _config_files(agent, current)


async def check_files(agent: str, files: Mapping[str, str]) -> None:
    """Raise `InvalidConfigError` when an agent could not load them, or should not."""
    if not _AGENT.fullmatch(agent):
        raise InvalidConfigError(
            f"expected an agent's name of lower-case letters, digits, '.', '_' and '-' that "
            f"a branch may hold, came {agent!r}"
        )
    await asyncio.to_thread(compile_files, agent, files)
    secrets = find_secrets([Added(path, text) for path, text in files.items()])
    if secrets:
        raise InvalidConfigError("; ".join(secrets))


async def _config_files(agent: str, snapshot: Snapshot) -> ConfigFiles:
    bundle = await asyncio.to_thread(compile_files, agent, snapshot.files)
    return ConfigFiles(
        agent=agent, commit=snapshot.commit, digest=bundle.digest, files=dict(snapshot.files)
    )


def _decided(first: Import, config: ConfigFiles) -> ProposalDecided:
    return ProposalDecided(
        proposal_id=f"import-{first.agent}",
        agent=first.agent,
        decision="approved",
        decided_by=first.author,
        reason=first.message,
        head_commit=config.commit,
        merge_commit=config.commit,
        bundle_digest=config.digest,
        decided_at=first.at,
    )
