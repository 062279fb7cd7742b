"""Secrets in what an edit writes: a config is read by many."""

import re
from collections import Counter
from collections.abc import Iterator
from math import log2

PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----")),
    ("an access key of AWS", re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}\b")),
    ("a token of GitHub", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})")),
    ("a token of GitLab", re.compile(r"\bglpat-[\w-]{18,}")),
    ("a token of Slack", re.compile(r"\bxox[abeoprs]-[\w-]{10,}|\bhooks\.slack\.com/services/\S+")),
    ("an API key", re.compile(r"\b(?:sk|pk|rk)[-_](?:live|test|ant|proj|or)?[-_]?[\w-]{16,}")),
    ("a key of Google", re.compile(r"\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}")),
    ("a web token", re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")),
    ("a token of a registry", re.compile(r"\b(?:npm_\w{30,}|pypi-[\w-]{30,}|hf_\w{30,})")),
    ("a key of Pawl", re.compile(r"\bpawl_[a-z]*_?[A-Za-z0-9_-]{24,}")),
    ("a password in an address", re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@{}<>$]{3,}@")),
    (
        "a bearer token",
        re.compile(r"\b(?:bearer|basic)\s+(?=[\w.+/=-]*\d)[\w.+/=-]{16,}", re.IGNORECASE),
    ),
    (
        "a password",
        re.compile(
            r"(?i)\b(?:pass(?:word|wd|phrase)?|pwd|secret|api[_ -]?key|access[_ -]?key|auth[_ -]?"
            r"token|private[_ -]?key|client[_ -]?secret)\b[\"']?\s*(?:[:=]|\bis\b)\s*[\"']?"
            r"(?=[^\s\"']*[\d!@#$%^&*])[^\s\"',;]{6,}"
        ),
    ),
)
_TOKEN = re.compile(r"(?<![\w/+=.-])[A-Za-z0-9_+/=-]{24,}(?![\w/+=.-])")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
ENTROPY_MIN = 3.7
"""Bits a sign; words of a language, also joined by dashes, stay below."""


def secrets_in(text: str) -> Iterator[str]:
    """What kinds of secrets stand in the text; never the secret itself."""
    named = [name for name, pattern in PATTERNS if pattern.search(text)]
    yield from named
    if not named and any(_is_random(token) for token in _TOKEN.findall(text)):
        yield "what looks like a key (random letters and digits)"


def _is_random(token: str) -> bool:
    """Digests and ids of traces are hexadecimal and no secret."""
    if _HEX.fullmatch(token.replace("-", "")):
        return False
    kinds = [
        sum(one.isupper() for one in token),
        sum(one.islower() for one in token),
        sum(one.isdigit() for one in token),
    ]
    return min(kinds) >= 2 and _bits(token) >= ENTROPY_MIN


def _bits(token: str) -> float:
    counts = Counter(token).values()
    return -sum(n / len(token) * log2(n / len(token)) for n in counts)
