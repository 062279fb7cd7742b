"""Kinds of failure decide what happens to a message (see ARCHITECTURE.md, failure policy)."""


class PermanentError(Exception):
    """Trying again cannot help: the message goes to the dead-letter topic."""


class TransientError(Exception):
    """Trying again may help: the message is retried, then the topic's policy applies."""


class UnavailableError(TransientError):
    """Something that the work needs is away: the messages wait for it, and none is set aside."""


class StartupError(Exception):
    """The service cannot start; the text tells the operator what to change."""
