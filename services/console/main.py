"""Wires the console."""

from libs.runtime import App, Deps
from libs.runtime.serve import run
from libs.runtime.settings import load_settings
from libs.storage import Database
from services.console.adapters.curves_sql import Curves
from services.console.api.door import Door, guard
from services.console.api.login import login_router
from services.console.api.loop import loop_router
from services.console.api.proposals import proposals_router
from services.console.api.registry import registry_router
from services.console.api.render import Pages
from services.console.api.reports import reports_router
from services.console.api.room import Room, install_html_problems
from services.console.api.static import static_router
from services.console.api.traces import traces_router
from services.console.handlers import Recorder
from services.console.settings import ConsoleSettings


def build(deps: Deps) -> App:
    """The service, not started."""
    app = App("console", deps)
    settings = load_settings(ConsoleSettings)
    curves = Curves(Database.for_service(app, "services.console.migrations"))
    room = Room(app, Pages(app.clock.now), Door(app), curves)
    guard(app.api, app, settings)
    install_html_problems(room)
    app.every(settings.record_seconds, Recorder(app, curves).record)
    app.api.include_router(static_router())
    app.api.include_router(login_router(room))
    app.api.include_router(reports_router(room, curves, settings.report_bytes_max))
    for pages in (loop_router, proposals_router, traces_router, registry_router):
        app.api.include_router(pages(room))
    return app


if __name__ == "__main__":
    run(build)
