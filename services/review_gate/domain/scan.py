"""Looks for what must never become config: secrets, and instructions out of traces.

Trace text is hostile input. A proposal that carries it into a prompt, a rule or a lookup would
let whoever wrote that text steer the agent, so such a proposal is refused before a person sees it.
"""

import re
from collections.abc import Iterator, Sequence

from services.review_gate.domain.added_text import Added

COPIED_WORDS_MIN = 12
"""So many words in a row are not equal by chance."""

_SECRETS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY")),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{40,})")),
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}")),
    ("a model provider's key", re.compile(r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}")),
    ("a Google key", re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b")),
    ("a Pawl key", re.compile(r"\bpawl_[A-Za-z0-9_-]{40,}")),
    ("a JSON web token", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")),
    (
        "a password",
        re.compile(r"(?i)\b(?:password|passwd|secret|api[_-]?key|token)\b\s*[:=]\s*['\"]?\S{8,}"),
    ),
    ("a password in an address", re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@")),
)
_INSTRUCTIONS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "an order to drop instructions",
        re.compile(
            r"(?i)\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}"
            r"\b(?:instructions?|system prompt|guidelines|guardrails?)\b"
        ),
    ),
    ("a change of role", re.compile(r"(?i)\b(?:you are now|from now on you|pretend to be)\b")),
    ("talk of the system prompt", re.compile(r"(?i)\b(?:system|developer) (?:prompt|message)\b")),
    ("an order to hide", re.compile(r"(?i)\bdo not (?:tell|reveal|mention|inform|disclose)\b")),
    (
        "a chat role marker",
        re.compile(r"(?im)<\|[a-z_]+\|>|\[/?INST\]|</?(?:system|assistant|user)>|^\s*system\s*:"),
    ),
    ("a web address", re.compile(r"(?i)\bhttps?://")),
    (
        "invisible characters",
        re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"),
    ),
    ("a long encoded block", re.compile(r"[A-Za-z0-9+/=_-]{160,}")),
)


def find_secrets(added: Sequence[Added]) -> tuple[str, ...]:
    """One line a finding; the secret itself is never repeated."""
    return tuple(_matches(added, _SECRETS, "holds what looks like {}: keep it out of config"))


def find_instructions(added: Sequence[Added]) -> tuple[str, ...]:
    """One line for each text that speaks to a model as an attacker would."""
    return tuple(_matches(added, _INSTRUCTIONS, "holds {}: a person must write that, no proposal"))


def find_copies(
    added: Sequence[Added], known: str, traces: Sequence[str], words_min: int = COPIED_WORDS_MIN
) -> tuple[str, ...]:
    """Texts that repeat a trace word for word; words that `known` config has already are free."""
    said = {one for text in traces for one in _runs(text, words_min)}
    said.difference_update(_runs(known, words_min))
    return tuple(
        f"{one.place} repeats {words_min} or more words of a trace: trace text is data, not config"
        for one in added
        if said.intersection(_runs(one.text, words_min))
    )


def _matches(
    added: Sequence[Added], patterns: tuple[tuple[str, re.Pattern[str]], ...], text: str
) -> Iterator[str]:
    for one in added:
        for what, pattern in patterns:
            if pattern.search(one.text):
                yield f"{one.place} {text.format(what)}"


def _runs(text: str, length: int) -> Iterator[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    for start in range(len(words) - length + 1):
        yield tuple(words[start : start + length])
