"""What the registry refuses."""

from libs.contracts.api import ChannelPointer


class RegistryError(Exception):
    """The text tells the caller what was expected, what came and what to do."""


class NotFoundError(RegistryError):
    """No such agent, channel, generation, bundle or canary."""


class InvalidMoveError(RegistryError):
    """The move makes no sense, for example to a digest that was never released."""


class StaleGenerationError(RegistryError):
    """Somebody moved the channel first."""

    def __init__(self, expected: int, current: ChannelPointer | None) -> None:
        self.current = current
        came = current.generation if current else 0
        super().__init__(
            f"the channel is at generation {came}, not {expected}: look at it again, then repeat"
        )
