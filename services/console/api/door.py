"""Who looks at the pages, and what no web site may do in their name."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException

from libs.runtime import App
from libs.runtime.auth import OPEN, DeniedError, Principal, authenticate
from services.console.adapters.platform import Platform
from services.console.settings import ConsoleSettings

COOKIE = "pawl_key"
_HEADERS = {
    # Trace text is hostile: even if a page held markup of it, nothing of it would run or load.
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
_NOT_PAGES = ("/healthz", "/readyz", "/metrics", "/console/openapi.json")


@dataclass(frozen=True)
class Viewer:
    """A person with the right to read; `platform` asks in their name."""

    principal: Principal
    platform: Platform


class LoginNeededError(Exception):
    """No key, or one that is not known."""


class Door:
    """Finds the viewer of a request. Keys come as a header, or in the cookie of `/login`."""

    def __init__(self, app: App) -> None:
        self._app = app

    def viewer(self, request: Request) -> Viewer:
        """A FastAPI dependency; raises `LoginNeededError` or 403."""
        if self._app.keys.is_open:
            return Viewer(OPEN, Platform(self._app, secret=None))
        secret = _secret(request)
        if secret is None:
            raise LoginNeededError
        try:
            principal = authenticate(self._app.keys, {"authorization": f"Bearer {secret}"}, "read")
        except DeniedError as denied:
            if denied.status == 401:
                raise LoginNeededError from denied
            raise HTTPException(denied.status, denied.detail) from denied
        return Viewer(principal, Platform(self._app, secret))


def _secret(request: Request) -> str | None:
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret.strip():
        return secret.strip()
    return request.cookies.get(COOKIE) or None


def require_same_origin(request: Request) -> None:
    """A FastAPI dependency for forms: 403 unless one of our own pages sent it."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site == "same-origin":
            return
        raise HTTPException(403, f"a form of another site ({site}) may not decide here")
    origin = request.headers.get("origin") or request.headers.get("referer") or ""
    if origin and urlsplit(origin).netloc == request.headers.get("host"):
        return
    raise HTTPException(
        403, "expected the header Sec-Fetch-Site or Origin of this site: use the page's own form"
    )


def guard(api: FastAPI, app: App, settings: ConsoleSettings) -> None:
    """Security headers on every answer, foreign host names refused, login when it is needed."""
    allowed = settings.allowed_hosts()

    @api.middleware("http")
    async def headers(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        is_page = not request.url.path.startswith(_NOT_PAGES)
        if is_page and app.keys.is_open and _host(request) not in allowed:
            return PlainTextResponse(
                f"{_host(request)!r} is no name of this console: open it as localhost, or set "
                "PAWL_CONSOLE_HOSTS, or use API keys\n",
                status_code=421,
            )
        response = await call_next(request)
        if is_page:
            response.headers.update(_HEADERS)
            response.headers.setdefault("cache-control", "no-store")
        return response

    @api.exception_handler(LoginNeededError)
    async def login_needed(request: Request, error: LoginNeededError) -> Response:
        if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
            return PlainTextResponse("no API key: log in at /login\n", status_code=401)
        return RedirectResponse("/login", status_code=303)


def _host(request: Request) -> str:
    host = request.headers.get("host", "").lower()
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
