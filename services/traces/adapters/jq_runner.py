"""jq programs in a process of their own: one that loops is killed, one that grows is refused."""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from services.traces.domain.jq_program import ProgramError, check_program

WORKER = Path(__file__).with_name("jq_worker.py")
OUTPUT_BYTES_MAX = 8_000_000
AT_ONCE_MAX = 2


class JqTimeout(Exception):
    """The program was killed after its time was over."""


@dataclass(frozen=True)
class JqResults:
    """Values, in the order of the program's output."""

    results: tuple[JsonValue, ...]
    truncated: bool


class JqRunner:
    """At most `AT_ONCE_MAX` programs at once; others wait their turn."""

    def __init__(self, seconds_max: float, memory_bytes: int) -> None:
        self._seconds_max = seconds_max
        self._memory_bytes = memory_bytes
        self._turn = asyncio.Semaphore(AT_ONCE_MAX)

    async def run(self, program: str, document: bytes, results_max: int) -> JqResults:
        """`document` is one line of JSON. Raises `ProgramError`, `JqTimeout`."""
        check_program(program)
        request = {
            "program": program,
            "results_max": results_max,
            "bytes_max": OUTPUT_BYTES_MAX,
            "memory_bytes": self._memory_bytes,
            "seconds_max": self._seconds_max,
        }
        async with self._turn:
            output = await self._communicate(json.dumps(request).encode() + b"\n" + document)
        try:
            answer = await asyncio.to_thread(json.loads, output)
        except ValueError as error:  # killed by a limit before it could answer
            raise ProgramError("the program went beyond its memory or processor limit") from error
        if "error" in answer:
            raise ProgramError(f"jq: {answer['error']}")
        return JqResults(tuple(answer["results"]), answer["truncated"])

    async def _communicate(self, given: bytes) -> bytes:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(WORKER),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},  # a program can read its environment
        )
        try:
            async with asyncio.timeout(self._seconds_max):
                output, _ = await process.communicate(given + b"\n")
        except TimeoutError as error:
            raise JqTimeout(
                f"the program was stopped after {self._seconds_max:g} s: narrow it"
            ) from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return output
