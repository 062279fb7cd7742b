"""Text of unknown origin inside Markdown: shown exactly, never obeyed by a renderer."""

import re

QUOTE_CHARS_MAX = 240


def one_line(text: str, chars_max: int = 10_000) -> str:
    """Control characters and line breaks become spaces; a longer text ends in an ellipsis."""
    flat = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text).split())
    return flat if len(flat) <= chars_max else flat[: chars_max - 1].rstrip() + "…"


def quoted(text: str, chars_max: int = QUOTE_CHARS_MAX) -> str:
    """A code span: no mention, link, image, HTML or table bar in it has any effect."""
    flat = one_line(text, chars_max).replace("|", "¦")  # a bar would end a table cell
    fence = "`" * (_longest_run(flat) + 1)
    pad = " " if not flat or flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def prose(text: str, chars_max: int = 2000) -> str:
    """Plain words with every Markdown and HTML sign escaped and mentions broken."""
    escaped = re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", one_line(text, chars_max))
    escaped = escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = re.sub(r"@(?=\w)", "&#64;", escaped)
    return re.sub(
        r"(?i)(https?|ftp|www)(?=[:.])",
        lambda found: found[0][0] + "\u2060" + found[0][1:],
        escaped,
    )


def fenced(text: str, language: str) -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
