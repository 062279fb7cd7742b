"""What every page needs: the templates, the viewer, the agents and which of them is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from libs.contracts.api import ConfigAgents
from libs.runtime import App
from libs.runtime.problems import problem
from services.console.adapters.curves_sql import Curves
from services.console.adapters.platform import Got
from services.console.api.door import Door, Viewer
from services.console.api.render import Pages


@dataclass(frozen=True)
class Room:
    """Shared by the pages; one a process."""

    app: App
    pages: Pages
    door: Door
    curves: Curves

    def viewer(self, request: Request) -> Viewer:
        """The dependency of every page."""
        return self.door.viewer(request)

    async def agents(self, viewer: Viewer) -> Got[ConfigAgents]:
        """Every agent that has a config."""
        return await viewer.platform.get("review_gate", "/api/v1/config-repo", ConfigAgents)

    def show(
        self, name: str, viewer: Viewer, here: str, agent: str | None, **context: Any
    ) -> HTMLResponse:
        """A page with its frame; `here` is the entry of the navigation that is lit."""
        status = context.pop("status", 200)
        has_keys = not self.app.keys.is_open
        return self.pages.show(
            name, status, viewer=viewer, here=here, agent=agent, has_keys=has_keys, **context
        )

    def problem(
        self, viewer: Viewer, here: str, got: Got[Any], choices: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        """A page that says what could not be shown, and why; with links to what may be meant."""
        status = got.status if 400 <= got.status < 600 else 502
        return self.show(
            "problem.html",
            viewer,
            here,
            None,
            status=status,
            problem=got.problem,
            code=status,
            choices=choices or {},
        )


def chosen(agents: Got[ConfigAgents], asked: str | None) -> str | None:
    """The agent asked for, else the first that there is."""
    if asked:
        return asked
    return agents.value.agents[0] if agents.value and agents.value.agents else None


def segment(text: str) -> str:
    """One part of another service's path; 404 for dots, which would climb out of it."""
    if not text.strip("."):
        raise HTTPException(404, f"there is nothing called {text!r}")
    return quote(text, safe="")


def install_html_problems(room: Room) -> None:
    """A browser gets a page instead of a problem document."""

    @room.app.api.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        if "text/html" not in request.headers.get("accept", ""):
            answer = problem(error.status_code, str(error.detail))
            answer.headers.update(error.headers or {})
            return answer
        return room.pages.show("stray.html", error.status_code, problem=error.detail)
