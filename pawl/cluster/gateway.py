"""What the Ingress does in Kubernetes, on this machine: one port, the path picks the service."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from libs.contracts.routes import service_for
from libs.runtime.logs import configure_logging
from libs.runtime.problems import problem
from libs.runtime.serve import Server, on_signals
from pawl.cluster.layout import Layout
from pawl.metrics import merged

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "upgrade"}


class Proxy:
    """Streams requests and answers, Server-Sent Events too."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        timeout = httpx.Timeout(120.0, connect=5.0, read=None)
        limits = httpx.Limits(max_connections=500)
        self._client = httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False)
        self._urls = urls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        if request.url.path in ("/healthz", "/readyz"):
            response: Response = await self._health(request.url.path)
        elif request.url.path == "/metrics":
            response = await self._metrics()
        else:
            response = await self._forward(request)
        await response(scope, receive, send)

    async def _health(self, path: str) -> JSONResponse:
        async def ask(name: str, url: str) -> tuple[str, str | None]:
            try:
                answer = await self._client.get(url + path, timeout=5.0)
            except httpx.HTTPError as error:
                return name, repr(error)
            return name, None if answer.status_code == 200 else answer.text

        found = await asyncio.gather(*(ask(name, url) for name, url in self._urls.items()))
        problems = {name: problem for name, problem in found if problem}
        body = {"ready": not problems, "problems": problems}
        return JSONResponse(body, status_code=503 if problems else 200)

    async def _metrics(self) -> Response:
        """Of all services, as one process has them; half of them would be misread."""
        asked = (self._client.get(f"{url}/metrics", timeout=10.0) for url in self._urls.values())
        try:
            answers = await asyncio.gather(*asked)
        except httpx.HTTPError as error:
            return problem(503, f"a service does not tell its metrics: {error!r}")
        texts = [answer.text for answer in answers]
        return Response(merged(texts), media_type=CONTENT_TYPE_LATEST)

    async def _forward(self, request: Request) -> StreamingResponse | JSONResponse:
        target = self._urls[service_for(request.url.path)]
        query = f"?{request.url.query}" if request.url.query else ""
        headers = [(k, v) for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP]
        outgoing = self._client.build_request(
            request.method,
            f"{target}{request.url.path}{query}",
            headers=headers,
            content=await request.body(),
        )
        try:
            answer = await self._client.send(outgoing, stream=True)
        except httpx.HTTPError as error:
            return problem(502, f"the service does not answer: {error!r}")
        kept = {k: v for k, v in answer.headers.items() if k.lower() not in HOP_BY_HOP}
        return StreamingResponse(_body(answer), answer.status_code, kept)


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()


async def _serve(layout: Layout) -> None:
    stop = asyncio.Event()
    on_signals(stop)
    server = Server(Proxy(layout.urls), "127.0.0.1", layout.gateway_port)
    await server.start()
    await stop.wait()
    await server.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    configure_logging("warning")
    asyncio.run(_serve(Layout.load(parser.parse_args().home)))
