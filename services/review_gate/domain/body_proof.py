"""The section with the statistics: three splits, the test, the limits that held."""

from libs.contracts.events import AlphaUse, CostResult, ExperimentFinished, PairedResult
from libs.stats.figures import interval, p_value, percent, points
from services.review_gate.domain.quoting import prose

_SPLITS = (
    ("sealed", "**sealed** (the proof)"),
    ("select", "select (used to choose)"),
    ("mine", "mine (the idea came from here)"),
)
_MEASURES = {"latency_ms": "Latency", "tokens": "Tokens", "tool_calls": "Tool calls"}


def proof(experiment: ExperimentFinished) -> str:
    """Markdown; a split without figures has no line."""
    lines = [
        "### Proof",
        "",
        "| examples | n | before | after | gain, points (95 % interval) | won : lost |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, label in _SPLITS:
        result = getattr(experiment, name)
        if result:
            lines.append(_row(label, result))
    lines += ["", *_test(experiment.sealed, experiment.alpha), *_limits(experiment)]
    return "\n".join(lines).rstrip()


def _row(label: str, result: PairedResult) -> str:
    before = percent(result.baseline_correct / result.n) if result.n else "–"
    after = percent(result.candidate_correct / result.n) if result.n else "–"
    gain = f"{points(result.gain)} ({interval(result.ci_low, result.ci_high)})"
    return (
        f"| {label} | {result.n} | {before} | {after} | {gain} | {result.wins} : {result.losses} |"
    )


def _test(sealed: PairedResult | None, alpha: AlphaUse | None) -> list[str]:
    if sealed is None or alpha is None:
        return []
    return [
        f"Exact paired test (McNemar, one-sided{_groups(sealed)}): "
        f"p {_equals(sealed.p_value)}, had to be below {alpha.level:.4g}. "
        f"Test {alpha.test_number} of this sealed set; {alpha.spent_after:.4g} of its budget of "
        f"{alpha.budget:.4g} is spent, which is the chance of even one false improvement.",
    ]


def _groups(sealed: PairedResult) -> str:
    if sealed.groups is None or sealed.groups == sealed.n:
        return ""
    return (
        f", near-copies counted once: {sealed.groups} groups, "
        f"{sealed.group_wins or 0} won, {sealed.group_losses or 0} lost"
    )


def _equals(p: float) -> str:
    text = p_value(p)
    return text if text.startswith("<") else f"= {text}"


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
