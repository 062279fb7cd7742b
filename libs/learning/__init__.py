"""A decision list for few, noisy cases, by a Bayesian score.

Each rule is a conjunction of facts and an answer. A list is scored by how well it explains the
labels (rules are mostly right; what no rule covers is mostly as the agent answered), by how well
each rule's cases agree on the reviewers' precedent tag, and by what its conditions cost to say;
reasons that name them make them cheaper. The search inserts, refines, replaces and drops rules
until nothing gains; the prior is chosen by cross-validation, and older cases go where newer ones
contradict them. Bayesian rule lists: Letham et al., Annals of Applied Statistics 9 (2015);
description lengths: Rissanen, Automatica 14 (1978).
"""

from libs.learning.best import Learned, learn_best
from libs.learning.case import Case
from libs.learning.choose import choose_prior
from libs.learning.learn import LearnedRule, learn
from libs.learning.prior import Prior
from libs.learning.recent import Window

__all__ = [
    "Case",
    "Learned",
    "LearnedRule",
    "Prior",
    "Window",
    "choose_prior",
    "learn",
    "learn_best",
]
