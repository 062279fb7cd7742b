"""Why a demo cannot go on."""


class DemoError(Exception):
    """Says what was expected, what came and what to do."""
