"""The section with the statistics: the evidence, what was known before, the limits that held."""

from libs.contracts.events import EvidenceResult, ExperimentFinished, PairedResult
from libs.proof import limits, words
from libs.stats.figures import interval, percent, points
from services.review_gate.domain.quoting import prose


def proof(experiment: ExperimentFinished) -> str:
    """Markdown; what there are no figures of has no line."""
    lines = [
        "### Proof",
        "",
        "| reviews | n | before | after | gain, points (95 % interval) | won : lost |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    if experiment.evidence:
        label = f"**{experiment.evidence.kind} evidence**"
        lines.append(_row(label, experiment.evidence))
    if experiment.lessons:
        lines.append(_row(f"lessons ({words.LESSONS})", experiment.lessons))
    lines += ["", *_test(experiment.evidence), *_limits(experiment)]
    return "\n".join(lines).rstrip()


def _row(label: str, result: PairedResult | EvidenceResult) -> str:
    before = percent(result.baseline_correct / result.n) if result.n else "–"
    after = percent(result.candidate_correct / result.n) if result.n else "–"
    gain = f"{points(result.gain)} ({interval(result.ci_low, result.ci_high)})"
    return (
        f"| {label} | {result.n} | {before} | {after} | {gain} | {result.wins} : {result.losses} |"
    )


def _test(evidence: EvidenceResult | None) -> list[str]:
    if evidence is None:
        return []
    return [
        f"{words.which_test(evidence)}; {words.which_reviews(evidence)}: "
        f"**{words.against_bar(evidence)}**, a bar that was fixed before anything was compared "
        f"and holds at whatever moment the test stops. {words.promise(evidence.budget)}",
    ]


def _limits(experiment: ExperimentFinished) -> list[str]:
    lines = []
    for rail in experiment.guardrails:
        state = limits.rail_state(rail) if rail.passed else "**broken**"
        lines.append(f"Guardrail *{prose(rail.name, 80)}* {state}: {limits.guarded(rail)}.")
    for cost in experiment.costs:
        state = "in budget" if cost.passed else "**over budget**"
        lines.append(f"{prose(limits.measure(cost), 40)} {state}: {limits.spent(cost)}.")
    return ["", *(f"- {line}" for line in lines)] if lines else []
