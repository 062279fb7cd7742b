"""Templates: autoescaped, strict about names, with the words of `domain.words` as filters."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from libs.contracts.commands import rollback_command
from libs.proof import limits
from libs.proof import words as proof
from libs.stats import figures
from services.console.api.static import asset_version
from services.console.domain import conditions, messages, words

FOLDER = Path(__file__).resolve().parents[1]


class Pages:
    """Renders a template to an answer."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,  # pages stay those of the code that runs
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "short": words.short,
            "ago": lambda at: words.ago(now(), at),
            "stamp": lambda at: at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            "duration": words.duration,
            "dollars": words.dollars,
            "count": words.count,
            "label": words.label,
            "value": words.value,
            "pretty": words.pretty,
            "percent": figures.percent,
            "points": figures.points,
            "p_value": figures.p_value,
            "plural": figures.plural,
            "in_words": conditions.in_words,
            "messages": messages.messages_of,
        }
        self._environment.globals |= {
            "rollback_command": rollback_command,
            "proof": proof,
            "limits": limits,
            "asset_version": asset_version(),
        }

    def show(self, name: str, status: int = 200, **context: Any) -> HTMLResponse:
        """One page."""
        template = self._environment.get_template(name)
        return HTMLResponse(template.render(**context), status_code=status)
