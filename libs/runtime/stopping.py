"""Requests that a stopping service cuts short are answered: nobody was told that it was done."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.runtime.problems import problem


class CutShortMiddleware:
    """A cancelled request gets 503 and a time to come back; the server would say 500.

    Around what a server serves, and nothing else: a call inside the process runs in its caller's
    task, whose cancellation must reach the caller.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = False

        async def watched(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except asyncio.CancelledError:
            if began or scope["type"] != "http":
                raise
            response = problem(503, "the service is stopping: try again")
            response.headers["retry-after"] = "1"
            await response(scope, receive, send)
