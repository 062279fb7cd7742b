"""What the learner believes before it has seen a case."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Prior:
    """Tuned on made-up companies with other habits than those of the demo."""

    rule_right: float = 10.0
    rule_wrong: float = 0.5
    """Pseudo-counts: a rule's cases have its answer, or one of the others."""
    rest_right: float = 1.0
    rest_wrong: float = 0.5
    """Pseudo-counts for what no rule covers: as the agent answered, or not."""
    bit_weight: float = 1.0
    rule_cost_min: float = 0.5
    tag_weight: float = 1.0
    tag_concentration: float = 0.5
    untagged_cost: float = 0.4
    mention_weight: float = 0.5
    mention_gain: float = 1.5
    single_mention_min: float = 0.5
    """A rule from a single case needs a reason that names its condition."""
    precision_min: float = 0.5
    candidates_max: int = 1200
    paired_max: int = 400
    """Conditions that are tried in pairs."""
    pairs_first: int = 600
    pairs_again: int = 200
    seeds_max: int = 30
    rules_max: int = 60
    rounds_max: int = 5
    not_equal_values_max: int = 3

    number_of_input: float = 1.0
    number: float = 0.25
    number_determined: float = 0.05
    word: float = 0.4
    word_determined: float = 0.02
    percent: float = 0.4
    size: float = 0.1
    entry_or_tool: float = 0.7
    long_text: float = 0.02
    named_share: float = 0.7
    """Weights of kinds of conditions; facts whose values reviewers name weigh more."""
