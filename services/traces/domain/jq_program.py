"""What a jq program may not do, told before it runs."""

import re

PROGRAM_CHARS_MAX = 10_000
# Strings and comments first, so that words inside them do not count.
_QUIET = re.compile(r'"(?:\\.|[^"\\])*"|#[^\n]*')
_LOADS = re.compile(r"(?<![.\w$])(import|include|modulemeta)\b")


class ProgramError(ValueError):
    """The program is not valid, failed, or may not run; the text says why."""


def check_program(program: str) -> None:
    """Raise `ProgramError` for programs that would read files."""
    if found := _LOADS.search(_QUIET.sub('""', program)):
        raise ProgramError(f"{found[1]} is not allowed: a program sees only the trace")
