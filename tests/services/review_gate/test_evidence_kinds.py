"""What the gate takes as evidence depends on what a change touches, and nobody is kept from it."""

from pathlib import Path

import pytest

from libs.runtime.keys import KeysFile, new_key, write_keys
from libs.testkit.proposals import RULES, drafted, exact, finished, procedure
from services.review_gate.settings import ReviewGateSettings
from tests.services.review_gate.gatehouse import Gatehouse, gatehouse

PROMPT = {
    "op": "replace_text",
    "path": "prompts/system.md",
    "before": "Follow the policy of the company.",
    "after": "Follow the policy of the company, and say why.",
}


async def test_a_key_that_may_only_read_sees_the_evidence_and_decides_nothing(
    tmp_path: Path,
) -> None:
    """Evidence did not exist when the change was drafted: there is nothing to hide."""
    miner, miner_entry = new_key("miner", frozenset({"read"}))
    judge, judge_entry = new_key("judge", frozenset({"read", "review"}))
    keys = tmp_path / "keys.yaml"
    write_keys(keys, KeysFile(keys=(miner_entry, judge_entry)))
    async with gatehouse(tmp_path, keys_file=keys) as gate:
        gate.api.headers["authorization"] = f"Bearer {judge}"
        await gate.import_config()
        draft = drafted(await gate.main_commit())
        full = await gate.opened(draft, finished(draft))
        gate.api.headers["authorization"] = f"Bearer {miner}"
        listed = (await gate.api.get("/api/v1/proposals")).json()["items"][0]
        assert await gate.view(draft.proposal_id) == listed == full
        assert listed["experiment"]["evidence"]["wins"] == 17
        refused = await gate.decide(full, "approve")
        assert refused.status_code == 403


async def test_a_rule_may_pass_on_evidence_of_the_procedure(gate: Gatehouse) -> None:
    draft = drafted(await gate.main_commit())
    view = await gate.opened(draft, finished(draft, evidence=procedure()))
    assert view["title"].endswith("(procedure: +21.1 points, n=90)")


async def test_a_prompt_needs_exact_evidence_and_is_told_the_way_on(gate: Gatehouse) -> None:
    draft = drafted(await gate.main_commit(), [RULES[0], PROMPT])
    state, reason = await gate.turned_away(draft, finished(draft, evidence=procedure()))
    assert state == "inconclusive"
    assert reason.startswith("this change edits the prompt: it needs exact evidence, and came with")
    assert "tested on reviews recorded from now on" in reason
    assert gate.decided[1].decision == "superseded"
    later = finished(draft, evidence=exact(), experiment_id="exp-later")
    await gate.send(later)
    view = await gate.in_state(draft.proposal_id, "open")
    assert view["experiment"]["evidence"]["kind"] == "exact"


async def test_which_evidence_suffices_is_a_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWL_REVIEW_GATE_PROCEDURE_SUFFICES", "prompts")
    async with gatehouse(tmp_path) as gate:
        await gate.import_config()
        base = await gate.main_commit()
        rules, prompt = drafted(base), drafted(base, [PROMPT])
        state, reason = await gate.turned_away(rules, finished(rules, evidence=procedure()))
        assert (state, "edits a rule: it needs exact" in reason) == ("inconclusive", True)
        await gate.opened(prompt, finished(prompt, evidence=procedure()))
    monkeypatch.setenv("PAWL_REVIEW_GATE_PROCEDURE_SUFFICES", "promts")
    with pytest.raises(ValueError, match="expected some of rules, context, prompts"):
        ReviewGateSettings()


async def test_what_was_accepted_without_evidence_is_refused(gate: Gatehouse) -> None:
    draft = drafted(await gate.main_commit())
    state, reason = await gate.turned_away(draft, finished(draft, evidence=None))
    assert (state, reason) == ("refused", "accepted without evidence")
