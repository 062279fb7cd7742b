"""The agent as a process of its own: started, asked over HTTP, gone when the demo is gone."""

import asyncio
import json
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from examples.procurement.demo.errors import DemoError
from examples.procurement.demo.waiting import wait_for

STOP_SECONDS = 6.0
INSTANCE_ID = "demo-agent"


class AgentProcess:
    """`async with AgentProcess(...) as agent:` - then `agent.url` answers.

    Its standard input is a pipe that nobody writes to: it ends when this process ends, whatever
    the reason, and the agent ends with it.
    """

    def __init__(self, home: Path, api_url: str, otlp_url: str, reference: Path) -> None:
        self._home = home
        self._arguments = {
            "--api-url": api_url,
            "--otlp-url": otlp_url,
            "--reference": str(reference),
            "--home": str(home),
            "--instance-id": INSTANCE_ID,
        }
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""

    async def __aenter__(self) -> "AgentProcess":
        self._home.mkdir(parents=True, exist_ok=True)
        (self._home / "endpoints.json").unlink(missing_ok=True)
        flat = [part for pair in self._arguments.items() for part in pair]
        with self.log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "examples.procurement.agent.serve",
                *flat,
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        try:
            self.url = (await wait_for("the agent to start", self._endpoints, 60))["agent"]
        except BaseException:
            await self._end()
            raise
        return self

    @property
    def log_path(self) -> Path:
        return self._home / "agent.log"

    async def _endpoints(self) -> dict[str, Any] | None:
        self.check_alive()
        path = self._home / "endpoints.json"
        if not path.exists():
            return None
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def check_alive(self) -> None:
        """Raise `DemoError` when the agent has ended."""
        if self._process is not None and self._process.returncode is not None:
            code = self._process.returncode
            raise DemoError(f"the agent ended with code {code}: see {self.log_path}")

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
