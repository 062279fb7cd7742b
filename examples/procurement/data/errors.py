"""What is wrong with a file of a case, and where."""

from pathlib import Path


class DataError(ValueError):
    """Names file, line and field, so that a person can go there and mend it."""

    def __init__(
        self, message: str, *, file: Path, line: int | None = None, field: str = ""
    ) -> None:
        self.file = file
        self.line = line
        self.field = field
        self.message = message
        place = f"{file}:{line}" if line is not None else str(file)
        super().__init__(": ".join(part for part in (place, field, message) if part))
