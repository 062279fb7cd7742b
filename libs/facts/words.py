"""Words and figures in free text, the same way for a condition, its CEL and a reviewer's reason."""

import re

_WORD = re.compile(r"[a-z][a-z0-9]+")
_PERCENT = re.compile(r"([0-9]{1,6})(?:\.[0-9]+)?\s?(?:%|percent)", re.IGNORECASE)
_STOP = frozenset(
    [
        "a",
        "about",
        "after",
        "again",
        "all",
        "also",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "because",
        "been",
        "before",
        "being",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "due",
        "each",
        "for",
        "from",
        "get",
        "got",
        "had",
        "has",
        "have",
        "having",
        "here",
        "how",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "may",
        "more",
        "most",
        "must",
        "need",
        "needed",
        "no",
        "nor",
        "not",
        "now",
        "of",
        "on",
        "once",
        "one",
        "only",
        "or",
        "other",
        "our",
        "out",
        "over",
        "own",
        "per",
        "same",
        "should",
        "since",
        "so",
        "some",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "through",
        "to",
        "too",
        "under",
        "until",
        "up",
        "use",
        "very",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "why",
        "will",
        "with",
        "within",
        "would",
        "you",
        "your",
    ]
)


def words_of(text: str) -> tuple[str, ...]:
    """Words in order, lower case, singular, without fillers."""
    found = _WORD.findall(text.lower())
    return tuple(stem(word) for word in found if word not in _STOP and len(word) > 2)


def stem(word: str) -> str:
    """A plural `s` is dropped: a keyword then matches as the beginning of a word."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def word_pattern(word: str) -> str:
    """A regular expression that finds the word at the beginning of any word."""
    return rf"(?i)\b{re.escape(word)}"


def percents_of(text: str) -> tuple[int, ...]:
    """Whole percentages that a text names: `price up 12.5 %` gives 12."""
    return tuple(int(found) for found in _PERCENT.findall(text))


def percent_pattern(low: int) -> str:
    """A regular expression that finds a percentage of at least `low`."""
    return rf"(?i)\b0*(?:{_at_least(str(low))})(?:\.[0-9]+)?\s?(?:%|percent)"


def _at_least(digits: str) -> str:
    """Alternatives for every whole number that is not smaller, up to six digits."""
    options = [digits]
    for place, digit in enumerate(digits):
        if digit < "9":
            rest = len(digits) - place - 1
            options.append(f"{digits[:place]}[{int(digit) + 1}-9]{'[0-9]' * rest}")
    options.append(f"[1-9][0-9]{{{len(digits)},5}}")
    return "|".join(options)
