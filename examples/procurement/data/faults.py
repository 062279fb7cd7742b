"""Rows that cannot be used: each costs itself only, until there are too many."""

from pathlib import Path

from examples.procurement.data.errors import DataError
from examples.procurement.data.model import Skipped

SKIPPED_SHARE_MAX = 0.05
"""Of the rows of one file. Beyond, the file is probably not what the person thinks it is."""


class Faults:
    """What was skipped; `strict` stops at the first."""

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self._errors: list[DataError] = []
        self._rows: dict[Path, int] = {}

    def count(self, path: Path) -> None:
        """One more row of the file, whether it can be used or not."""
        self._rows[path] = self._rows.get(path, 0) + 1

    def skip(self, error: DataError) -> None:
        """Remember it; raise it when strict."""
        if self._strict:
            raise error
        self._errors.append(error)

    def check(self) -> None:
        """Raise `DataError` at the first fault of a file that has too many."""
        for path in dict.fromkeys(error.file for error in self._errors):
            errors = [error for error in self._errors if error.file == path]
            first, rows = errors[0], self._rows[path]
            if len(errors) <= SKIPPED_SHARE_MAX * rows:
                continue
            most = f"{SKIPPED_SHARE_MAX:.0%}".replace("%", " %")
            message = (
                f"{first.message}; in all {len(errors)} of {rows} rows cannot be used, "
                f"at most {most} may be skipped"
            )
            raise DataError(message, file=path, line=first.line, field=first.field)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        return tuple(
            Skipped(file=one.file.name, line=one.line, field=one.field, message=one.message)
            for one in self._errors
        )
