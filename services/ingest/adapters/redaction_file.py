"""Reads the redaction rules at start."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from libs.runtime.errors import StartupError
from services.ingest.domain.redaction import RedactionRules


def read_rules(path: Path) -> RedactionRules:
    """Parse the file, or raise `StartupError`: a door that cannot redact must not open."""
    try:
        return RedactionRules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise StartupError(f"redaction file {path} cannot be read: {error}") from error
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise StartupError(f"redaction file {path} is not valid:\n" + "\n".join(lines)) from error
