"""What must not be written down: taken out of the decoded message before it reaches the log."""

from services.ingest.domain.redaction.edit import Redactor
from services.ingest.domain.redaction.rules import RedactionRules

__all__ = ["RedactionRules", "Redactor"]
