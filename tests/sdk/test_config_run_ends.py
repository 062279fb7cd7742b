"""A pin ends with its run, wherever and in whatever context that is."""

import asyncio
import contextvars
import gc
import os
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from pawl_sdk.config import ConfigClient
from pawl_sdk.current import CURRENT_RUN

from libs.testkit.registry import BETTER, FakeRegistry, Start, wait_for


def move_on(registry: FakeRegistry, config: ConfigClient) -> None:
    """To generation 2."""
    registry.move(registry.release(BETTER), 2)
    wait_for(lambda: config._current().pointer.generation == 2)


def begun(config: ConfigClient) -> int:
    """The generation that a run which begins now sees."""
    with config.run() as snapshot:
        return snapshot.generation


async def test_a_task_that_outlives_its_run_sees_what_is_current(
    start: Start, registry: FakeRegistry
) -> None:
    config = start()
    with config.run():
        go_on = asyncio.Event()

        async def later() -> tuple[int, int]:
            await go_on.wait()
            return begun(config), config.snapshot.generation

        with config.run():
            task = asyncio.create_task(later())
    await asyncio.to_thread(move_on, registry, config)
    go_on.set()
    assert await task == (2, 2)


async def test_a_task_of_an_ended_inner_run_still_belongs_to_the_outer_one(
    start: Start, registry: FakeRegistry
) -> None:
    config = start()
    with config.run():
        with config.run():
            inside = contextvars.copy_context()
        await asyncio.to_thread(move_on, registry, config)
        assert inside.run(begun, config) == 1
    assert inside.run(begun, config) == 2


def test_a_process_begun_inside_a_run_sees_what_is_current_and_serves_no_replay(
    start: Start, registry: FakeRegistry
) -> None:
    config = start()
    config.announce_replay("http://parent")

    def follow() -> None:
        registry._listeners.clear()
        registry.reports.clear()
        assert CURRENT_RUN.get() is None
        move_on(registry, config)
        assert begun(config) == 2
        wait_for(lambda: registry.reports and registry.reports[-1]["applied_generation"] == 2)
        assert registry.reports[-1]["replay_url"] is None

    with config.run():
        assert ends_well(follow)
        assert CURRENT_RUN.get() is not None


def ends_well(act: Callable[[], Any]) -> bool:
    """Whether `act` returns in a forked process."""
    pid = os.fork()
    if pid == 0:
        try:
            act()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def test_a_generator_may_end_in_another_context(start: Start) -> None:
    config = start()

    def chunks() -> Iterator[str]:
        with config.run():
            yield "a"
            yield "b"

    stream = chunks()
    began = contextvars.copy_context()
    assert began.run(next, stream) == "a"
    assert [contextvars.copy_context().run(next, stream, "end") for _ in range(2)] == ["b", "end"]
    assert began.run(lambda: config.snapshot) is config.snapshot


async def test_an_abandoned_async_generator_ends_without_an_error(
    start: Start, registry: FakeRegistry
) -> None:
    config = start()
    problems: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, problem: problems.append(problem))

    async def chunks() -> AsyncIterator[int]:
        with config.run():
            yield 1
            yield 2

    async def read_one() -> int:
        async for chunk in chunks():
            return chunk
        return 0

    assert await asyncio.create_task(read_one()) == 1
    gc.collect()
    await asyncio.sleep(0.05)
    assert problems == []
