"""What a run knew (`pawl.facts`) as flat paths, conditions over them, and the CEL that says so."""

from libs.facts.conditions import holds, to_cel
from libs.facts.flatten import Flat, flatten
from libs.facts.of_trace import facts_of
from libs.facts.plain_json import TooDeep, fingerprint, plain, read_json, storable
from libs.facts.spoken import in_words
from libs.facts.vocabulary import Vocabulary, learn_vocabulary

__all__ = [
    "Flat",
    "TooDeep",
    "Vocabulary",
    "facts_of",
    "fingerprint",
    "flatten",
    "holds",
    "in_words",
    "learn_vocabulary",
    "plain",
    "read_json",
    "storable",
    "to_cel",
]
