"""What every forge promises, on a bare git repository and on GitHub."""

from dataclasses import replace
from datetime import timedelta

import pytest

from libs.testkit.proposals import AT, FILES
from services.review_gate.domain.errors import ConflictError, NotFoundError
from services.review_gate.domain.ports import MAIN, Import, Merge, PullDraft
from tests.services.review_gate.conftest import FIRST, Workshop

BRANCH = "pawl/procurement/0123456789ab"
CHANGED = {**FILES, "rules.yaml": "rules: []  # changed\n", "prompts/tone.md": "Be brief.\n"}
del CHANGED["context/vendors.yaml"]


def draft(base: str, **fields: object) -> PullDraft:
    made = PullDraft(
        agent="procurement",
        branch=BRANCH,
        base_commit=base,
        files=CHANGED,
        title="A better rule (+3.0 points, n=100)",
        body="why",
        summary="+3.0 points",
        at=AT,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def merge_of(head: str) -> Merge:
    return Merge("procurement", BRANCH, head, f"Merge {BRANCH}\n\nApproved-by: ada\n", AT)


async def test_an_import_is_read_back_by_branch_and_by_commit(workshop: Workshop) -> None:
    by_branch = await workshop.forge.snapshot("procurement", MAIN)
    by_commit = await workshop.forge.snapshot("procurement", by_branch.commit)
    assert by_branch.files == by_commit.files == FILES


async def test_the_same_import_again_makes_no_commit(workshop: Workshop) -> None:
    before = workshop.head(MAIN)
    await workshop.forge.import_agent(replace(FIRST, at=AT + timedelta(hours=1)))
    assert workshop.head(MAIN) == before


async def test_an_import_over_other_files_is_a_conflict(workshop: Workshop) -> None:
    with pytest.raises(ConflictError, match="already with other files"):
        await workshop.forge.import_agent(replace(FIRST, files=CHANGED))


async def test_a_second_agent_leaves_the_first_as_it_is(workshop: Workshop) -> None:
    other = {**FILES, "agent.yaml": "name: support\n"}
    await workshop.forge.import_agent(Import("support", other, "ada", "", AT))
    assert (await workshop.forge.snapshot("support", MAIN)).files == other
    assert (await workshop.forge.snapshot("procurement", MAIN)).files == FILES
    assert await workshop.forge.agents() == (workshop.head(MAIN), ("procurement", "support"))


@pytest.mark.parametrize("ref", ["nowhere", "f" * 40, "a..b", "HEAD~1"])
async def test_an_unknown_ref_is_not_found(workshop: Workshop, ref: str) -> None:
    with pytest.raises(NotFoundError):
        await workshop.forge.snapshot("procurement", ref)


async def test_an_unknown_agent_is_not_found(workshop: Workshop) -> None:
    with pytest.raises(NotFoundError, match="import it first"):
        await workshop.forge.snapshot("nobody", MAIN)


async def test_a_pull_request_holds_exactly_the_files_of_the_draft(workshop: Workshop) -> None:
    pull = await workshop.forge.open_pull(draft(workshop.head(MAIN)))
    assert pull.state == "open"
    assert (await workshop.forge.snapshot("procurement", pull.head_commit)).files == CHANGED


async def test_opening_twice_is_one_branch_one_commit_one_pull_request(workshop: Workshop) -> None:
    base = workshop.head(MAIN)
    first = await workshop.forge.open_pull(draft(base))
    second = await workshop.forge.open_pull(draft(base))
    assert first == second
    assert workshop.hub is None or len(workshop.hub.pulls) == 1


async def test_a_branch_that_holds_something_else_is_not_overwritten(workshop: Workshop) -> None:
    base = workshop.head(MAIN)
    await workshop.forge.open_pull(draft(base))
    with pytest.raises(ConflictError, match="another change"):
        await workshop.forge.open_pull(draft(base, files={**CHANGED, "prompts/x.md": "x\n"}))


async def test_a_merge_has_main_and_the_read_commit_as_parents(workshop: Workshop) -> None:
    base = workshop.head(MAIN)
    pull = await workshop.forge.open_pull(draft(base))
    merged = await workshop.forge.merge(merge_of(pull.head_commit))
    commit = workshop.repo[merged]
    assert [str(one) for one in commit.parent_ids] == [base, pull.head_commit]
    assert "Approved-by: ada" in commit.message
    assert workshop.head(MAIN) == merged
    assert (await workshop.forge.snapshot("procurement", MAIN)).files == CHANGED


async def test_merging_twice_is_one_merge(workshop: Workshop) -> None:
    pull = await workshop.forge.open_pull(draft(workshop.head(MAIN)))
    first = await workshop.forge.merge(merge_of(pull.head_commit))
    other = {**FILES, "agent.yaml": "name: support\n"}
    await workshop.forge.import_agent(Import("support", other, "ada", "", AT))
    assert await workshop.forge.merge(merge_of(pull.head_commit)) == first


async def test_a_branch_that_moved_is_not_merged(workshop: Workshop) -> None:
    pull = await workshop.forge.open_pull(draft(workshop.head(MAIN)))
    workshop.push(BRANCH, {"agents/procurement/prompts/system.md": "Say yes.\n"})
    with pytest.raises(ConflictError, match="no longer at"):
        await workshop.forge.merge(merge_of(pull.head_commit))
    assert (await workshop.forge.snapshot("procurement", MAIN)).files == FILES


async def test_a_branch_that_reaches_outside_its_agent_is_not_merged(workshop: Workshop) -> None:
    await workshop.forge.open_pull(draft(workshop.head(MAIN)))
    head = workshop.push(BRANCH, {"agents/support/agent.yaml": "name: support\n"})
    with pytest.raises(ConflictError, match=r"outside agents/procurement|agents/support"):
        await workshop.forge.merge(merge_of(head))


async def test_a_change_on_main_since_then_needs_a_new_test(workshop: Workshop) -> None:
    pull = await workshop.forge.open_pull(draft(workshop.head(MAIN)))
    workshop.push(MAIN, {"agents/procurement/prompts/system.md": "Other words.\n"})
    with pytest.raises(ConflictError, match="tested again"):
        await workshop.forge.merge(merge_of(pull.head_commit))


async def test_another_agents_change_on_main_does_not_stand_in_the_way(workshop: Workshop) -> None:
    pull = await workshop.forge.open_pull(draft(workshop.head(MAIN)))
    workshop.push(MAIN, {"agents/support/agent.yaml": "name: support\n"})
    await workshop.forge.merge(merge_of(pull.head_commit))
    assert (await workshop.forge.snapshot("procurement", MAIN)).files == CHANGED
    assert (await workshop.forge.snapshot("support", MAIN)).files["agent.yaml"] == "name: support\n"


async def test_a_closed_pull_request_keeps_its_commit(workshop: Workshop) -> None:
    pull = await workshop.forge.open_pull(draft(workshop.head(MAIN)))
    await workshop.forge.close(BRANCH, "Rejected by `ada`: `no`")
    await workshop.forge.close(BRANCH, "Rejected by `ada`: `no`")
    assert (await workshop.forge.snapshot("procurement", pull.head_commit)).files == CHANGED
    assert workshop.hub is None or len(workshop.hub.comments[1]) == 1
