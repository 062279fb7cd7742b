"""The demo from start to end: platform, agent, rounds, final count, result."""

import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from rich.console import Console
from rich.markup import escape

from examples.procurement.agent.names import AGENT
from examples.procurement.data.load import STREAM_REQUESTS, STREAM_REVIEWS
from examples.procurement.demo.agent_api import AgentApi
from examples.procurement.demo.agent_process import AgentProcess
from examples.procurement.demo.batches import Batch, batches_of
from examples.procurement.demo.case_files import CaseFiles, open_case
from examples.procurement.demo.cycles import play_cycle
from examples.procurement.demo.errors import DemoError
from examples.procurement.demo.evidence import Evidence
from examples.procurement.demo.fresh import count_fresh
from examples.procurement.demo.intake import Intake
from examples.procurement.demo.loop import Loop
from examples.procurement.demo.mining import Mining
from examples.procurement.demo.options import DemoOptions
from examples.procurement.demo.platform_api import PlatformApi
from examples.procurement.demo.report import report_of, write_report
from examples.procurement.demo.reviewing import REVIEWER
from examples.procurement.demo.rivals import count_rivals
from examples.procurement.demo.screen import Screen
from examples.procurement.demo.state import StateFile
from examples.procurement.demo.stopping import Stopping
from examples.procurement.demo.tables import print_result
from examples.procurement.demo.waiting import wait_for
from libs.stats.figures import plural
from pawl.embedded import Platform, Ports

CONFIG = Path(__file__).parent.parent / "config" / "agents" / AGENT
HTTP_SECONDS = 120.0
QUIET_SECONDS = "1.0"
"""A run of this agent is over in milliseconds: its trace is complete after this, not after 5 s."""


async def play(options: DemoOptions, console: Console, stopping: Stopping) -> None:
    """Raises `DataError`, `StartupError` or `DemoError`; goes on where it was stopped."""
    files = open_case(options)
    async with _platform(options) as endpoints, _client(endpoints["api"]) as client:
        state_file = StateFile(options.demo_home / "state.json")
        state = state_file.load(files.case_id)
        state.skipped_rows = files.case.skipped
        screen = Screen(console)
        api = PlatformApi(client, AGENT)
        batches = batches_of(files.case, options.cycles)
        _greet(console, files, options.cycles, batches, endpoints["api"])
        await _import_config(api)
        async with _agent(options, endpoints, files) as agent, _client(agent.url) as agent_client:
            loop = Loop(
                case=files.case,
                case_id=files.case_id,
                batches=batches,
                project=AGENT,
                api=api,
                agent=AgentApi(agent_client),
                intake=Intake(api, AGENT, agent.url),
                evidence=Evidence(api, AGENT),
                mining=Mining(api, AGENT, screen),
                screen=screen,
                state=state,
                file=state_file,
            )
            if not state.done:
                await _play_all(loop)
            await api.put_report(files.case_id, report_of(state, links=True))
            print_result(console, state, endpoints["api"])
            if options.report is not None:
                write_report(state, options.report)
            if not options.exit_after:
                console.print("Serving until Ctrl-C.")
                await stopping.serve_until_asked()


def _greet(
    console: Console, files: CaseFiles, cycles: int, batches: Sequence[Batch], api_url: str
) -> None:
    case, told = files.case, ", then ".join(str(len(one.requests)) for one in batches)
    console.print(
        f"[bold]Pawl demo[/bold] {files.case_id}: {told} requests to learn from, "
        f"{len(case.fresh_requests)} fresh ones kept aside. Watch: {api_url}/",
        highlight=False,
        soft_wrap=True,
    )
    if len(batches) < cycles:
        console.print(
            f"There are new requests for {plural(len(batches), 'cycle')}, not for {cycles}: "
            f"{STREAM_REQUESTS} and {STREAM_REVIEWS} would bring more.",
            highlight=False,
            soft_wrap=True,
        )
    for one in case.skipped:
        line = f"[dim]skipped {escape(one.told())}[/dim]"
        console.print(line, highlight=False, soft_wrap=True)


async def _play_all(loop: Loop) -> None:
    pointer = await wait_for("a released config", loop.api.channel)
    await loop.intake.applied(pointer.digest)
    for n in range(1, len(loop.batches) + 1):
        await play_cycle(loop, n)
        await loop.api.put_report(loop.case_id, report_of(loop.state, links=True))
    await count_rivals(loop, await count_fresh(loop))
    loop.state.done = True
    loop.save()


async def _import_config(api: PlatformApi) -> None:
    """Once; the agent cannot start without a first release."""
    if await api.config_files() is None:
        files = {
            path.relative_to(CONFIG).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(CONFIG.rglob("*"))
            if path.is_file()
        }
        await api.import_config(files, REVIEWER, "The procurement agent as people wrote it")
    await wait_for("the first config to be released", api.channel)


def _agent(options: DemoOptions, endpoints: dict[str, str], files: CaseFiles) -> AgentProcess:
    home = options.demo_home / "agent"
    return AgentProcess(home, endpoints["api"], endpoints["otlp_http"], files.reference_path)


@asynccontextmanager
async def _platform(options: DemoOptions) -> AsyncIterator[dict[str, str]]:
    if options.cluster:
        yield _cluster_endpoints(options.home)
        return
    os.environ.setdefault("PAWL_TRACES_QUIET_SECONDS", QUIET_SECONDS)
    ports = Ports(options.api_port, options.otlp_http_port, options.otlp_grpc_port)
    async with Platform(options.home, ports) as platform:
        yield platform.endpoints


def _cluster_endpoints(home: Path) -> dict[str, str]:
    path = home / "endpoints.json"
    if not path.exists():
        raise DemoError(f"{path} is missing: start the cluster first (make cluster)")
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _client(base_url: str) -> httpx.AsyncClient:
    """The key comes from PAWL_API_KEY; on loopback the platform needs none."""
    key = os.environ.get("PAWL_API_KEY")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.AsyncClient(
        base_url=base_url, timeout=HTTP_SECONDS, headers=headers, trust_env=False
    )
