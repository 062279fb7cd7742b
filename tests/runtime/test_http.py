"""The clients between services."""

import gc
import weakref

import httpx

from libs.runtime.http import service_client


async def test_an_answer_is_gone_as_soon_as_nobody_has_it() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=b"x" * 1000))
    gc.collect()
    gc.disable()
    try:
        async with service_client("http://traces", transport=transport) as client:
            answer = await client.get("/")
            assert answer.content == b"x" * 1000
            assert await answer.aread() == answer.content
            gone = weakref.ref(answer)
            del answer
            assert gone() is None
    finally:
        gc.enable()
