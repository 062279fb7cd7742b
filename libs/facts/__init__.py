"""What a run knew (`pawl.facts`) as flat paths, conditions over them, and the CEL that says so."""

from libs.facts.conditions import holds, plain, to_cel
from libs.facts.flatten import Flat, flatten
from libs.facts.vocabulary import Vocabulary, learn_vocabulary

__all__ = ["Flat", "Vocabulary", "flatten", "holds", "learn_vocabulary", "plain", "to_cel"]
