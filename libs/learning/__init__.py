"""A decision list for few, noisy cases, by a Bayesian score.

Each candidate is a conjunction of facts and an answer. A list is scored by how well it explains
the labels (rules are mostly right; what no rule covers is mostly as the agent answered), by how
well each rule's cases agree on the reviewers' precedent tag, and by what its conditions cost to
say; reasons that name them make them cheaper. The search inserts, replaces and drops rules until
nothing gains. Bayesian rule lists: Letham et al., Annals of Applied Statistics 9 (2015);
description lengths: Rissanen, Automatica 14 (1978).
"""

from libs.learning.case import Case
from libs.learning.learn import LearnedRule, learn
from libs.learning.prior import Prior

__all__ = ["Case", "LearnedRule", "Prior", "learn"]
