"""The redaction file's model, and its compiled form."""

import fnmatch
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Annotated, Literal

import regex
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.ingest.domain.redaction.builtins import BUILTINS

PATTERN_SECONDS_MAX = 0.1
"""For one value; a pattern that takes longer loses the whole value rather than let it through."""
KEYS_REMEMBERED = 10_000
HASH_CHARS = 16

Edit = Callable[[str], str]
Action = Literal["remove", "mask", "hash"]


class PatternRule(BaseModel):
    """Matches inside of text values are replaced."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[\w.-]{1,60}$")]
    pattern: Annotated[str, Field(min_length=1, max_length=2000)]
    replacement: str | None = None

    @model_validator(mode="after")
    def _compiles(self) -> "PatternRule":
        try:
            regex.compile(self.pattern)
        except regex.error as error:
            raise ValueError(f"pattern of {self.name!r} is no regular expression: {error}") from (
                error
            )
        return self


class AttributeRule(BaseModel):
    """What becomes of attributes by their name; `*` and `?` match as in file names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)]
    action: Action = "mask"


class RedactionRules(BaseModel):
    """The whole redaction file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    builtins: tuple[Literal["email", "card", "secret"], ...] = ()
    patterns: tuple[PatternRule, ...] = ()
    attributes: tuple[AttributeRule, ...] = ()
    hash_salt: str = ""

    @model_validator(mode="after")
    def _salted(self) -> "RedactionRules":
        if not self.hash_salt and any(rule.action == "hash" for rule in self.attributes):
            raise ValueError("action hash needs hash_salt, or short values could be guessed")
        return self

    @property
    def empty(self) -> bool:
        return not (self.builtins or self.patterns or self.attributes)


@dataclass(frozen=True)
class Compiled:
    """Rules ready to run."""

    edits: tuple[Edit, ...]
    action_for: Callable[[str], Action | None]
    salt: bytes

    def text(self, value: str) -> str:
        """The text without what the patterns match."""
        for edit in self.edits:
            value = edit(value)
        return value

    def hashed(self, value: bytes) -> str:
        """Equal for equal values, so that runs of one user still stand together."""
        return hmac.new(self.salt, value, hashlib.sha256).hexdigest()[:HASH_CHARS]


def compile_rules(rules: RedactionRules) -> Compiled:
    """Compile once, at start."""
    builtin = [partial(_builtin, name) for name in rules.builtins]
    own = [_own(rule) for rule in rules.patterns]
    return Compiled((*builtin, *own), _actions(rules.attributes), rules.hash_salt.encode())


def _builtin(name: str, value: str) -> str:
    return BUILTINS[name](value, f"[{name}]")


def _own(rule: PatternRule) -> Edit:
    pattern = regex.compile(rule.pattern)
    replacement = rule.replacement if rule.replacement is not None else f"[{rule.name}]"

    def edit(value: str) -> str:
        try:
            return pattern.sub(lambda _: replacement, value, timeout=PATTERN_SECONDS_MAX)
        except TimeoutError:
            return f"[{rule.name}: took too long]"

    return edit


def _actions(rules: tuple[AttributeRule, ...]) -> Callable[[str], Action | None]:
    exact = {rule.name: rule.action for rule in reversed(rules)}
    globs = [
        (re.compile(fnmatch.translate(rule.name)), rule.action)
        for rule in rules
        if set(rule.name) & set("*?[")
    ]

    @lru_cache(maxsize=KEYS_REMEMBERED)
    def action_for(key: str) -> Action | None:
        if key in exact:
            return exact[key]
        return next((action for glob, action in globs if glob.match(key)), None)

    return action_for
