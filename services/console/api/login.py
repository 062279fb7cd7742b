"""`/login` and `/logout`: a key in a cookie that no script can read and no other site can send."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from libs.runtime.auth import DeniedError, authenticate
from services.console.api.door import COOKIE, require_same_origin
from services.console.api.forms import read_form
from services.console.api.room import Room

COOKIE_SECONDS = 12 * 3600


def login_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/login")
    async def form() -> HTMLResponse:
        return room.pages.show("login.html", refused=None)

    @router.post("/login", dependencies=[Depends(require_same_origin)])
    async def login(request: Request) -> Response:
        secret = (await read_form(request)).get("key", "").strip()
        try:
            authenticate(room.app.keys, {"authorization": f"Bearer {secret}"}, "read")
        except DeniedError as denied:
            return room.pages.show("login.html", denied.status, refused=denied.detail)
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(
            COOKIE,
            secret,
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    @router.post("/logout", dependencies=[Depends(require_same_origin)])
    async def logout() -> Response:
        answer = RedirectResponse("/login", status_code=303)
        answer.delete_cookie(COOKIE)
        return answer

    return router
