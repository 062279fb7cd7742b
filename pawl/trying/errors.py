"""What ends a try before anything is played."""


class Unusable(Exception):
    """The file or the options cannot be used: one line that says what was expected, and what next.

    Exit code 2.
    """
