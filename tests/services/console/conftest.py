"""A running console in front of a made-up platform."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from libs.runtime import App
from libs.testkit.apps import embedded_deps
from libs.testkit.proposals import AT, TRACE
from services.console.main import build
from tests.services.console.fake_platform import FakePlatform, loop_answers
from tests.services.console.fake_trace import summary, tree


class Clock:
    def now(self) -> datetime:
        return AT + timedelta(hours=1)

    def monotonic(self) -> float:
        return 0.0


@dataclass
class Console:
    """The app, a browser without cookies, and what stands behind it."""

    app: App
    browser: httpx.AsyncClient
    platform: FakePlatform

    async def page(self, path: str) -> str:
        """The HTML of a page that must be there."""
        response = await self.browser.get(path)
        assert response.status_code == 200, response.text
        return response.text

    async def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        """As a form of our own page would."""
        sent = headers or {"sec-fetch-site": "same-origin"}
        return await self.browser.post(path, data=form, headers=sent)


def make_platform() -> FakePlatform:
    platform = FakePlatform(loop_answers())
    platform.answers[f"/api/v1/traces/{TRACE}"] = tree()
    platform.answers["/api/v1/traces"] = {"items": [summary()], "next_cursor": "next page"}
    return platform


@asynccontextmanager
async def running_console(home: Path, **settings: object) -> AsyncIterator[Console]:
    """A console with its own database in `home`."""
    platform = make_platform()
    async with embedded_deps(home, platform.clients(), Clock(), **settings) as deps:
        app = build(deps)
        await app.start()
        transport = httpx.ASGITransport(app.api, raise_app_exceptions=False)
        browser = httpx.AsyncClient(
            transport=transport,
            base_url="http://localhost:8080",
            headers={"accept": "text/html,*/*"},
        )
        try:
            yield Console(app, browser, platform)
        finally:
            await app.stop()
            await browser.aclose()


@pytest.fixture
async def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Console]:
    monkeypatch.setenv("PAWL_CONSOLE_RECORD_SECONDS", "3600")
    async with running_console(tmp_path) as made:
        yield made
