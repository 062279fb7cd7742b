"""The redaction rules: read at start, read again when their file changes."""

from collections.abc import Callable
from pathlib import Path

import yaml
from pydantic import ValidationError

from libs.runtime.errors import StartupError
from libs.runtime.logs import get_logger
from libs.runtime.watched import WatchedFile
from services.ingest.domain.redaction import RedactionRules, Redactor


class RedactionFile:
    """The rules in force. A change that cannot be read leaves the ones before in force."""

    def __init__(self, path: Path, monotonic: Callable[[], float]) -> None:
        self._file = WatchedFile(path, monotonic)
        self._redactor = _redactor(path)

    def current(self) -> Redactor | None:
        """None: nothing is redacted."""
        if self._file.changed():
            try:
                self._redactor = _redactor(self._file.path)
            except StartupError as error:
                get_logger("ingest").error("redaction file not reloaded", why=str(error))
        return self._redactor


def _redactor(path: Path) -> Redactor | None:
    rules = read_rules(path)
    return None if rules.empty else Redactor(rules)


def read_rules(path: Path) -> RedactionRules:
    """Parse the file, or raise `StartupError`: a door that cannot redact must not open."""
    try:
        return RedactionRules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise StartupError(f"redaction file {path} cannot be read: {error}") from error
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise StartupError(f"redaction file {path} is not valid:\n" + "\n".join(lines)) from error
