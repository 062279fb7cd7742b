"""What a run knew (`pawl.facts`) as flat paths, conditions over them, and the CEL that says so."""

from libs.facts.conditions import holds, to_cel
from libs.facts.flatten import Flat, flatten
from libs.facts.spoken import in_words
from libs.facts.vocabulary import Vocabulary, learn_vocabulary

__all__ = ["Flat", "Vocabulary", "flatten", "holds", "in_words", "learn_vocabulary", "to_cel"]
