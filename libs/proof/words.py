"""What the evidence of one test is about, what it had to reach, and what is promised by it.

The two kinds are never mixed: one is about this very config, the other about learning like this.
"""

from decimal import Decimal

from libs.contracts.events import EvidenceResult
from libs.stats.figures import interval, percent, plural, points

P_VALUE_SHOWN_MIN = 1e-7
E_VALUE_SHOWN_MAX = 1_000_000.0

LESSONS = "known when it was drafted, proves nothing"


def subject(evidence: EvidenceResult) -> str:
    """What was better, and on which reviews."""
    reviews = plural(evidence.n, "review")
    if evidence.kind == "exact":
        return f"this very config, on {reviews} recorded after it was frozen"
    return f"learning like this, on {reviews} each judged by what was learned before it"


def caution(evidence: EvidenceResult) -> str:
    """What evidence of this kind does not say; empty when it says all."""
    if evidence.kind == "exact":
        return ""
    return (
        "This very config was refitted on all reviews and has not been tested itself: "
        "its exact test is the canary, on live traffic."
    )


def before_after(evidence: EvidenceResult) -> str:
    """`29 were right, now 44 are; 17 won, 2 lost`."""
    after = f"now {evidence.candidate_correct} are"
    if evidence.kind == "procedure":
        after = f"{evidence.candidate_correct} would have been"
    score = f"{evidence.wins} won, {evidence.losses} lost"
    return f"{evidence.baseline_correct} were right, {after}; {score}"


def gained(evidence: EvidenceResult) -> str:
    """`+28.3 points (95 % interval +14.4 to +42.2)`."""
    spread = interval(evidence.ci_low, evidence.ci_high)
    return f"{points(evidence.gain)} points (95 % interval {spread})"


def reached(evidence: EvidenceResult) -> str:
    """`E = 83.2` or `p = 0.0003`; empty before anything was compared."""
    if evidence.e_value is not None:
        return f"E = {e_value(evidence.e_value)}"
    if evidence.p_value is not None:
        shown = level(evidence.p_value)
        return f"p {shown}" if shown.startswith("<") else f"p = {shown}"
    return ""


def bar(evidence: EvidenceResult) -> str:
    """What it had to reach: `50` for an e-value, `0.02` for a p-value."""
    if evidence.e_value is not None:
        return e_value(1 / evidence.level)
    return level(evidence.level)


def against_bar(evidence: EvidenceResult, is_over: bool = True) -> str:
    """`E = 83.2, had to reach 50`; while it still gathers `has to reach`."""
    found = reached(evidence)
    verb = "had to" if is_over else "has to"
    aim = "reach" if evidence.e_value is not None else "be below"
    return f"{found}, {verb} {aim} {bar(evidence)}" if found else "nothing compared yet"


def which_test(evidence: EvidenceResult) -> str:
    """`Test 2 of this agent's life (exact), after 1 promotion`."""
    before = plural(evidence.promoted_before, "promotion")
    told = f"after {before}" if evidence.promoted_before else "before any promotion"
    return f"Test {evidence.test_number} of this agent's life ({evidence.kind}), {told}"


def which_reviews(evidence: EvidenceResult) -> str:
    """`reviews 78 to 130 of its log`, with groups of near-copies where there are any."""
    place = f"reviews {evidence.from_position + 1} to {evidence.through_position} of its log"
    if evidence.groups is not None and evidence.groups != evidence.n:
        place += f", {plural(evidence.groups, 'group')} of near-copies, each counted once"
    return place


def promise(budget: float) -> str:
    """What holds over the whole life of an agent, in one sentence."""
    share = f"{budget * 100:g} %"
    return (
        f"Of all changes ever promoted for this agent at most {share} are expected to be no "
        f"improvement, and while nothing helps, the chance of ever promoting anything is at most "
        f"{share}."
    )


def short(evidence: EvidenceResult) -> str:
    """`exact: +28.3 points, n=53`."""
    return f"{evidence.kind}: {points(evidence.gain)} points, n={evidence.n}"


def touched(evidence: EvidenceResult) -> str:
    """How many answers it turned right or wrong, of those that were compared."""
    share = percent((evidence.wins + evidence.losses) / evidence.n) if evidence.n else "nothing"
    if evidence.kind == "exact":
        return f"On the evidence {share} of the answers turned right or wrong."
    return f"Learning like this turned {share} of the answers right or wrong."


def e_value(value: float) -> str:
    """Cut, not rounded, so that what reached its bar never seems to be below it."""
    if value >= E_VALUE_SHOWN_MAX:
        return "over a million"
    if value >= 100:
        return f"{int(value):,}"
    tenths = int(value * 10 + 1e-9) / 10
    return f"{tenths:g}" if value >= 1 else f"{value:.2g}"


def level(value: float) -> str:
    """Three digits, of a level as of a p-value, so that both are rounded alike: `0.0125`."""
    if 0 <= value < P_VALUE_SHOWN_MIN:
        return f"< {Decimal(str(P_VALUE_SHOWN_MIN)):f}"
    return f"{Decimal(f'{value:.3g}'):f}"
