"""Why a config was not activated."""


class Refused(Exception):
    """The offered config is bad; the old one stays. The text is the reason in the NACK."""


class Unreachable(Exception):
    """The registry did not give an answer that can be used; trying again may help.

    `kind` is equal for failures of one kind, such as one status, whatever their text says.
    """

    def __init__(self, text: str, kind: str = "") -> None:
        super().__init__(text)
        self.kind = kind


class ConfigUnavailable(Exception):
    """No config at all: none from the registry, none on disk. The text says what to do."""
