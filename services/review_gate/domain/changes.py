"""What a person changes in a config by hand: committed, released, and said to be untested."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from libs.contracts.api import ConfigFiles
from libs.contracts.api.proposals import Risk
from libs.contracts.events import ProposalDecided
from services.review_gate.domain.candidate import compile_files
from services.review_gate.domain.errors import (
    ConflictError,
    GateError,
    InvalidConfigError,
    NotFoundError,
)
from services.review_gate.domain.imports import Imports, check_files
from services.review_gate.domain.on_forge import NOT_RELEASED, objection_to
from services.review_gate.domain.one_by_one import one_by_one
from services.review_gate.domain.ports import (
    MAIN,
    Change,
    Changes,
    Merge,
    Pull,
    PullDraft,
    Snapshot,
)
from services.review_gate.domain.quoting import one_line, quoted
from services.review_gate.domain.risk import assess
from services.review_gate.domain.settlement import Settlement

UNTESTED = "Changed by hand: no experiment has tested it."


class ByHand:
    """As with decisions: the intent is written down, then the forge, then the event."""

    def __init__(self, settlement: Settlement, changes: Changes, imports: Imports) -> None:
        self._settlement = settlement
        self._forge = settlement.forge
        self._changes = changes
        self._imports = imports

    async def put(
        self, agent: str, files: Mapping[str, str], author: str, message: str, base_commit: str
    ) -> ConfigFiles:
        """Replace the files that were read at `base_commit`; the same again changes nothing."""
        await check_files(agent, files)
        change = Change(agent, base_commit, dict(files), author, message, self._settlement.now())
        async with self._settlement.turn(agent):
            commit = await self._changes.commit_of(change.change_id)
            if commit is None:
                in_force = await self._changes.claimed(change.change_id)
                if in_force is None and not await self._allowed(change):
                    return await self._imports.read(agent, MAIN)
                commit = await self._carry_out(in_force or await self._changes.claim(change))
            return await self._imports.read(agent, commit)

    async def finish_claimed(self) -> None:
        """Carry out what a crash cut off, or what waits for checks and reviews on the forge."""
        await one_by_one(await self._changes.waiting(), self._retry)

    async def _retry(self, change: Change) -> None:
        async with self._settlement.turn(change.agent):
            if await self._changes.claimed(change.change_id):
                with suppress(ConflictError):  # it waits, or is over: who sends it again is told
                    await self._carry_out(change)

    async def _allowed(self, change: Change) -> bool:
        """Whether there is anything to do; raises when this person may not, or main moved."""
        base = await self._forge.snapshot(change.agent, change.base_commit)
        current = await self._forge.snapshot(change.agent, MAIN)
        if change.files == current.files:
            return False
        if base.files != current.files:
            raise ConflictError(_moved(change, current))
        self._settlement.policy.check(change.author, await _risk(change, base))
        return True

    async def _carry_out(self, change: Change) -> str:
        pull, commit = await self._merged(change)
        objection = await self._objection(change, pull, commit)
        if objection:
            await self._changes.refuse(change, self._refused(change, pull, objection))
            raise ConflictError(objection)
        digest = (await asyncio.to_thread(compile_files, change.agent, change.files)).digest
        await self._changes.settle(change, commit, _decided(change, pull, commit, digest))
        await self._settlement.close_superseded(change.agent)
        return commit

    async def _merged(self, change: Change) -> tuple[Pull, str]:
        """The pull request and the merge commit; raises while it waits, or when it is given up."""
        pull: Pull | None = None
        try:
            pull = await self._pull(change)
            if pull.state == "closed":
                raise ConflictError(f"the pull request of this change was closed: {pull.url}")
            return pull, pull.merge_commit or await self._forge.merge(_merge(change, pull))
        except ConflictError as error:
            if pull and await self._may_wait(change, pull):
                raise ConflictError(f"{pull.url} is merged when it may be: {error}") from error
            await self._give_up(change, error)
            raise

    async def _pull(self, change: Change) -> Pull:
        """Found, or made: the branch must hold this change and nothing else until it is merged."""
        draft = _draft(change)
        try:
            there = await self._forge.pull(draft.branch)
        except NotFoundError:
            return await self._forge.open_pull(draft)
        if there.state == "open" and not await self._holds(change, there.head_commit):
            raise ConflictError(f"somebody pushed another change to {draft.branch}")
        return there

    async def _objection(self, change: Change, pull: Pull, commit: str) -> str | None:
        """People merge on the forge, too, and what they like."""
        found, policy = None, self._settlement.policy
        if not await self._holds(change, commit):
            found = f"merged as {commit[:12]}, which holds other files than {change.author} sent"
        elif pull.state == "merged" and not policy.is_bot(pull.decided_by or ""):
            base = await self._forge.snapshot(change.agent, change.base_commit)
            found = objection_to(pull, policy, await _risk(change, base))
        return f"{found}: {NOT_RELEASED}" if found else None

    async def _holds(self, change: Change, commit: str) -> bool:
        try:
            return (await self._forge.snapshot(change.agent, commit)).files == change.files
        except (InvalidConfigError, NotFoundError):
            return False

    async def _may_wait(self, change: Change, pull: Pull) -> bool:
        """For checks and reviews, where the forge has them, and while main stands still."""
        if not self._forge.watches or pull.state != "open":
            return False
        base = await self._forge.snapshot(change.agent, change.base_commit)
        return base.files == (await self._forge.snapshot(change.agent, MAIN)).files

    async def _give_up(self, change: Change, error: GateError) -> None:
        await self._forge.close(_branch(change), f"Not merged: {quoted(str(error), 2000)}")
        await self._changes.unclaim(change.change_id)

    def _refused(self, change: Change, pull: Pull, objection: str) -> ProposalDecided:
        return ProposalDecided(
            proposal_id=change.change_id,
            agent=change.agent,
            decision="rejected",
            decided_by=self._settlement.policy.bot,
            reason=objection,
            head_commit=pull.head_commit,
            decided_at=self._settlement.now(),
        )


async def _risk(change: Change, base: Snapshot) -> Risk:
    before = await asyncio.to_thread(compile_files, change.agent, base.files)
    after = await asyncio.to_thread(compile_files, change.agent, change.files)
    return assess(before, after).level


def _branch(change: Change) -> str:
    return f"pawl/{change.agent}/{change.change_id}"


def _moved(change: Change, current: Snapshot) -> str:
    return (
        f"agents/{change.agent} changed on main between {change.base_commit[:12]}, which you "
        f"changed, and {current.commit[:12]}: read it again and make your change there"
    )


def _draft(change: Change) -> PullDraft:
    title = one_line(change.message) or f"Change {change.agent}"
    return PullDraft(
        agent=change.agent,
        branch=_branch(change),
        base_commit=change.base_commit,
        files=change.files,
        title=title,
        body=f"{UNTESTED}\n\nBy {quoted(change.author)}.",
        summary=UNTESTED,
        at=change.at,
    )


def _merge(change: Change, pull: Pull) -> Merge:
    words = one_line(change.message) or "no message"
    message = f"Merge {pull.branch}: {words}\n\n{UNTESTED}\n\nBy: {one_line(change.author)}\n"
    return Merge(change.agent, pull.branch, pull.head_commit, message, change.at)


def _decided(change: Change, pull: Pull, commit: str, digest: str) -> ProposalDecided:
    return ProposalDecided(
        proposal_id=change.change_id,
        agent=change.agent,
        decision="approved",
        decided_by=change.author,
        reason=change.message,
        head_commit=pull.head_commit,
        merge_commit=commit,
        bundle_digest=digest,
        decided_at=change.at,
    )
