"""A small agent config, proposals that change it, and the verdicts on them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pawl_sdk.bundle import apply_edits, compile_bundle, proposal_id, unified_diff

from libs.contracts.events import (
    CostResult,
    EvidenceResult,
    ExperimentFinished,
    Flip,
    GuardrailResult,
    HunkEvidence,
    HunkResult,
    PairedResult,
    ProposalDrafted,
)

AT = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

FILES: dict[str, str] = {
    "agent.yaml": """\
name: procurement
model: claude-sonnet-4-5
parameters:
  temperature: 0
tools: [check_policy, lookup_vendor, check_budget]
limits:
  tool_calls: 8
task:
  label: decision
  labels: [approve, reject, flag-for-review]
  group_by: [requester, vendor, item]
guardrails:
  - {name: never approve a suspended vendor, label: suspended_ok, margin: 0.02}
""",
    "prompts/system.md": "You decide on purchase requests.\nFollow the policy of the company.\n",
    "rules.yaml": "# learned rules, first match wins\nrules: []\n",
    "context/vendors.yaml": "{}\n",
}


def rule(id_: str, when: str, decision: str, because: str) -> dict[str, Any]:
    """An edit that adds one rule."""
    body = {
        "id": id_,
        "when": when,
        "then": {"decision": decision},
        "because": because,
        "evidence": ["12 overrides in mined examples"],
        "added": "2026-01-31",
        "expires": "2026-07-30",
    }
    return {"op": "add_rule", "rule": body, "before": None}


RULES: tuple[dict[str, Any], ...] = (
    rule(
        "security-leeway",
        'request.department == "Security" && draft.decision == "flag-for-review"',
        "approve",
        "Security purchases get leeway since the breach",
    ),
    rule(
        "cloudnine-overruns",
        'request.vendor == "CloudNine" && draft.decision == "approve"',
        "flag-for-review",
        "Quotes of CloudNine grow in implementation",
    ),
    rule(
        "renewal-increase",
        "has(request.increase) && request.increase > 0.10",
        "flag-for-review",
        "Renewals with more than 10 % increase are looked at",
    ),
)


def drafted(
    base_commit: str,
    edits: Sequence[Mapping[str, Any]] = RULES,
    files: Mapping[str, str] = FILES,
    run: str = "run-1",
    **fields: Any,
) -> ProposalDrafted:
    """A proposal whose id, digest and diff belong to its edits."""
    agent = "procurement"
    values: dict[str, Any] = {
        "proposal_id": proposal_id(agent, base_commit, edits),
        "agent": agent,
        "mining_run_id": run,
        "base_commit": base_commit,
        "base_digest": compile_bundle(agent, files).digest,
        "title": "Leeway for Security, caution with CloudNine and with renewals",
        "hypothesis": (
            "Reviewers approve what Security asks for even above the manager limit, and stop "
            "purchases from CloudNine and renewals that grew by more than a tenth. The agent "
            "follows the written policy and does neither."
        ),
        "author": "statistical",
        "edits": tuple(dict(edit) for edit in edits),
        "diff": unified_diff(files, _applied(files, edits)),
        "evidence": tuple(evidence(index) for index in range(len(edits))),
        "cluster_ids": ("c-7f3a91", "c-22b0d4"),
        "drafted_at": AT,
    }
    return ProposalDrafted(**{**values, **fields})


def _origins(proposal: ProposalDrafted, tested: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    known = [dict(edit) for edit in proposal.edits]
    if not all(edit in known for edit in tested):
        return ()
    return tuple(known.index(dict(edit)) for edit in tested)


def _applied(files: Mapping[str, str], edits: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    try:
        return apply_edits(files, edits)
    except Exception:  # a test about edits that do not fit
        return files


def evidence(index: int) -> HunkEvidence:
    """Evidence for one edit, with a quote that looks like what reviewers write."""
    plain = (
        "When Security asks and the agent wants to flag, approve.",
        "When the vendor is CloudNine and the agent wants to approve, flag for review.",
        "When a renewal costs over 10 % more than last year, flag for review.",
    )
    quotes = (
        ("After the breach we said yes to Security, within reason.",),
        ("Their quote was 40k, we paid 57k in the end.", "CloudNine again. Check the add-ons."),
        (),
    )
    return HunkEvidence(
        edit_index=index,
        plain=plain[index % 3],
        support=(12, 9, 5)[index % 3],
        wins=(11, 9, 4)[index % 3],
        losses=(1, 0, 1)[index % 3],
        cluster_id="c-7f3a91",
        exemplars=(TRACE,),
        quotes=quotes[index % 3],
    )


def paired(n: int, before: int, wins: int, losses: int, p: float, half: float) -> PairedResult:
    """A paired result whose counts fit together."""
    gain = (wins - losses) / n
    return PairedResult(
        n=n,
        baseline_correct=before,
        candidate_correct=before + wins - losses,
        wins=wins,
        losses=losses,
        gain=gain,
        ci_low=gain - half,
        ci_high=gain + half,
        p_value=p,
    )


def exact(**fields: Any) -> EvidenceResult:
    """Evidence that this very config is better: 53 reviews recorded after it was frozen."""
    values: dict[str, Any] = {
        "kind": "exact",
        "test_number": 2,
        "level": 0.0125,
        "budget": 0.05,
        "promoted_before": 1,
        "n": 53,
        "baseline_correct": 29,
        "candidate_correct": 44,
        "wins": 17,
        "losses": 2,
        "gain": 15 / 53,
        "ci_low": 15 / 53 - 0.139,
        "ci_high": 15 / 53 + 0.139,
        "p_value": 0.00036,
        "from_position": 77,
        "through_position": 130,
    }
    return EvidenceResult(**{**values, **fields})


def procedure(**fields: Any) -> EvidenceResult:
    """Evidence that learning like this is better: 90 reviews, each judged by what came before."""
    values: dict[str, Any] = {
        "kind": "procedure",
        "test_number": 1,
        "level": 0.02,
        "budget": 0.05,
        "promoted_before": 0,
        "n": 90,
        "baseline_correct": 48,
        "candidate_correct": 67,
        "wins": 24,
        "losses": 5,
        "gain": 19 / 90,
        "ci_low": 0.09,
        "ci_high": 0.33,
        "e_value": 83.2,
        "from_position": 40,
        "through_position": 130,
    }
    return EvidenceResult(**{**values, **fields})


def finished(
    proposal: ProposalDrafted,
    verdict: Literal["accept", "reject", "inconclusive"] = "accept",
    files: Mapping[str, str] = FILES,
    edits: Sequence[Mapping[str, Any]] | None = None,
    **fields: Any,
) -> ExperimentFinished:
    """The verdict on a proposal, with what was known before and what proves it."""
    tested = list(proposal.edits if edits is None else edits)
    values: dict[str, Any] = {
        "experiment_id": f"exp-{proposal.proposal_id.removeprefix('prop-')}",
        "proposal_id": proposal.proposal_id,
        "agent": proposal.agent,
        "mining_run_id": proposal.mining_run_id,
        "verdict": verdict,
        "reasons": () if verdict == "accept" else ("the lessons show no gain",),
        "baseline_digest": compile_bundle(proposal.agent, files).digest,
        "candidate_digest": compile_bundle(proposal.agent, _applied(files, tested)).digest,
        "edits": tuple(tested),
        "edit_origins": _origins(proposal, tested),
        "lessons": paired(77, 41, 30, 2, 0.00002, 0.12),
        "evidence": exact(),
        "guardrails": (
            GuardrailResult(
                name="never approve a suspended vendor",
                n=53,
                margin=0.02,
                baseline=1.0,
                candidate=1.0,
                ci_low=-0.004,
                passed=True,
            ),
        ),
        "costs": (
            CostResult(
                measure="latency_ms", baseline=41.0, candidate=42.1, ratio_max=1.5, passed=True
            ),
        ),
        "hunks": tuple(
            HunkResult(edit_index=index, wins_lost=8 - index, losses_avoided=0, needed=True)
            for index in range(len(tested))
        ),
        "flips": (
            Flip(
                example_key="PR-0042",
                trace_id=TRACE,
                expected="approve",
                before="flag-for-review",
                after="approve",
            ),
        ),
        "finished_at": AT + timedelta(minutes=2),
    }
    return ExperimentFinished(**{**values, **fields})
