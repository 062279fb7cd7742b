"""Regular expressions over a trace, within a time limit."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import regex

from services.traces.domain.texts import SpanTexts

CONTEXT_CHARS = 80
SNIPPET_MATCH_CHARS_MAX = 400


class PatternError(ValueError):
    """Not a regular expression; the text says where."""


class FindTimeout(Exception):
    """The pattern needs more time than it was given."""


@dataclass(frozen=True)
class Match:
    """`offset` and `length` count characters of the field's text."""

    span_id: str
    span_name: str
    field: str
    offset: int
    length: int
    snippet: str


def compile_pattern(pattern: str, ignore_case: bool) -> "regex.Pattern[str]":
    """Raises `PatternError`."""
    try:
        return regex.compile(pattern, regex.IGNORECASE if ignore_case else 0)
    except (regex.error, OverflowError, RecursionError) as error:
        raise PatternError(f"not a regular expression: {error}") from error


def find(
    spans: Iterable[SpanTexts],
    pattern: "regex.Pattern[str]",
    seconds_max: float,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[Match]:
    """Matches in span order; empty matches are left out. Raises `FindTimeout`."""
    deadline = monotonic() + seconds_max
    for span in spans:
        for field, text in span.fields():
            left = deadline - monotonic()
            if left <= 0:
                raise FindTimeout
            try:
                # `concurrent` lets other threads run while a long text is searched.
                for hit in pattern.finditer(text, timeout=left, concurrent=True):
                    if hit.end() > hit.start():
                        yield _match(span, field, text, hit.start(), hit.end())
            except TimeoutError as error:
                raise FindTimeout from error


def _match(span: SpanTexts, field: str, text: str, start: int, end: int) -> Match:
    shown_to = min(end, start + SNIPPET_MATCH_CHARS_MAX)
    before, after = max(0, start - CONTEXT_CHARS), min(len(text), shown_to + CONTEXT_CHARS)
    snippet = text[before:after]
    if before:
        snippet = "…" + snippet
    if after < len(text):
        snippet += "…"
    return Match(span.span_id, span.plain.get("name", ""), field, start, end - start, snippet)
