"""What the gate refuses, and why. The API and the handlers turn these into answers."""


class GateError(Exception):
    """The text says what was expected, what came and what to do."""


class NotFoundError(GateError):
    """No such agent, commit or proposal."""


class ConflictError(GateError):
    """Something moved since it was read: read again, then decide."""


class NotAllowedError(GateError):
    """This person may not decide this proposal."""


class InvalidConfigError(GateError):
    """The files are no config that an agent could load."""


class ForgeUnavailableError(GateError):
    """The forge does not answer now; trying again may help, but not before it says."""

    def __init__(self, text: str, retry_after_seconds: float = 0.0) -> None:
        super().__init__(text)
        self.retry_after_seconds = retry_after_seconds
