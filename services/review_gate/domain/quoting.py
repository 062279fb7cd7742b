"""Text of unknown origin inside Markdown: shown exactly, never obeyed by a renderer."""

import re

QUOTE_CHARS_MAX = 240
_JOINER = "\u2060"
"""Word joiner: nothing to see, and no forge reads on over it."""
_NOT_SHOWN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_LINKED = (  # what a forge links, notifies or closes after rendering: broken inside the pattern
    re.compile(r"@(?=\w)"),
    re.compile(r"#(?=\d)"),
    re.compile(r"(?i)\bgh-(?=\d)"),
    re.compile(r"(?i)(?:h(?=ttps?:)|f(?=tp:)|w(?=ww\.))"),
)


def one_line(text: str, chars_max: int = 10_000) -> str:
    """Line breaks, control characters and changes of direction become spaces.

    A longer text ends in an ellipsis.
    """
    flat = " ".join(_NOT_SHOWN.sub(" ", text).split())
    return flat if len(flat) <= chars_max else flat[: chars_max - 1].rstrip() + "…"


def unlinked(text: str) -> str:
    """The same words to read, without a mention, a link or an issue that a merge would close."""
    for pattern in _LINKED:
        text = pattern.sub(lambda found: found[0] + _JOINER, text)
    return text


def quoted(text: str, chars_max: int = QUOTE_CHARS_MAX) -> str:
    """A code span: no mention, link, image, HTML or table bar in it has any effect."""
    flat = one_line(text, chars_max).replace("|", "¦")  # a bar would end a table cell
    fence = "`" * (_longest_run(flat) + 1)
    pad = " " if not flat or flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def prose(text: str, chars_max: int = 2000) -> str:
    """Plain words with every Markdown and HTML sign escaped, mentions and links broken."""
    plain = unlinked(one_line(text, chars_max))
    escaped = re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", plain)
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fenced(text: str, language: str) -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
