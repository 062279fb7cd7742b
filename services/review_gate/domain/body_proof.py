"""The section with the statistics: the evidence, what was known before, the limits that held."""

from libs.contracts.events import CostResult, EvidenceResult, ExperimentFinished, PairedResult
from libs.proof import words
from libs.stats.figures import interval, percent, points
from services.review_gate.domain.quoting import prose

_MEASURES = {"latency_ms": "Latency", "tokens": "Tokens", "tool_calls": "Tool calls"}


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
        state = "held" if rail.passed else "**broken**"
        lines.append(
            f"Guardrail *{prose(rail.name, 80)}* {state}: {percent(rail.baseline)} before, "
            f"{percent(rail.candidate)} after; at worst {points(rail.ci_low)} points, "
            f"allowed {points(-rail.margin)}."
        )
    lines += [_cost(cost) for cost in experiment.costs]
    return ["", *(f"- {line}" for line in lines)] if lines else []


def _cost(cost: CostResult) -> str:
    name = _MEASURES.get(cost.measure, prose(cost.measure, 40))
    state = "in budget" if cost.passed else "**over budget**"
    grown, allowed = f"{_times(cost)} times", f"allowed {cost.ratio_max:g} times"
    if cost.candidate > 0 and cost.baseline == 0:
        grown = f"{cost.candidate:.1f} a run, none before"
    if cost.passed and cost.candidate > cost.ratio_max * cost.baseline:
        more = cost.candidate - cost.baseline
        allowed += f" or a growth too small to tell from noise, as these {more:.0f} ms are"
    return f"{name} {state}: {grown}, {allowed}."


def _times(cost: CostResult) -> str:
    return f"{cost.candidate / cost.baseline if cost.baseline else 1.0:.2f}"
