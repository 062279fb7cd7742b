"""What is wrong with a bundle, and where."""


class BundleError(Exception):
    """Names file, line and field, so that a person can go there and mend it."""

    def __init__(
        self, message: str, *, file: str = "", line: int | None = None, field: str = ""
    ) -> None:
        self.message = message
        self.file = file
        self.line = line
        self.field = field
        super().__init__(str(self))

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line is not None else "")
        return ": ".join(part for part in (place, self.field, self.message) if part)


class EditError(BundleError):
    """An edit that is malformed or does not fit the files."""
