"""Real agents against a real registry: moves arrive, outages and kills lose nothing."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pawl_sdk.config import ConfigClient

from libs.contracts.api import ChannelPointer
from libs.contracts.events import AgentStatusReported
from libs.testkit.eventlog_suite import eventually
from services.runtime_config.adapters.hub import Hub

WHO = {"moved_by": "ada", "reason": "because"}
CHANNEL = "/api/v1/agents/buyer/channels/production"


def agent(url: str, state_dir: Path, **options: Any) -> ConfigClient:
    return ConfigClient(
        agent="buyer",
        url=url,
        state_dir=state_dir,
        **{"retry_seconds": 0.05, "retry_seconds_max": 0.2, "silence_seconds": 20.0} | options,
    )


async def test_a_release_reaches_a_running_agent_and_its_ack_comes_back(
    registry: Any, tmp_path: Path
) -> None:
    config = agent(registry.url, tmp_path / "agent", instance_id="i1", replay_url="http://r/1")
    async with config:
        assert config.snapshot.parameters["threshold"] == 1
        digest = await registry.release("prop-1", 2)

        async def applied() -> bool:
            items = (await registry.get("/api/v1/agents/buyer/instances"))["items"]
            return bool(items and items[0]["applied_digest"] == digest)

        await eventually(applied)
        assert config.snapshot.parameters["threshold"] == 2
        assert config.snapshot.prompt("system") == "buy below 2\n"
    statuses = await registry.published(AgentStatusReported, 3)
    assert [(s.state, s.applied_generation) for s in statuses] == [
        ("applied", 1),
        ("applied", 2),
        ("stopped", 2),
    ]
    assert statuses[0].replay_url == "http://r/1"


async def test_a_stream_whose_first_look_fails_leaves_no_listener_behind() -> None:
    async def away(agent: str, channel: str) -> ChannelPointer | None:
        raise ConnectionError("the database is away")

    hub = Hub(away)
    with pytest.raises(ConnectionError):
        await hub.join(("buyer", "production"))
    assert hub.listeners == 0


async def test_a_stream_that_fails_at_once_is_not_counted(
    registry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(self: Hub, key: tuple[str, str]) -> ChannelPointer | None:
        raise ConnectionError("the database is away")

    monkeypatch.setattr(Hub, "join", away)
    with pytest.raises(httpx.RemoteProtocolError):
        await registry.http.get(f"{CHANNEL}/stream")
    assert registry.app.metrics.registry.get_sample_value("pawl_config_streams") == 0


async def test_many_agents_swap_within_a_second_of_a_move(registry: Any, tmp_path: Path) -> None:
    configs = [agent(registry.url, tmp_path / str(n)) for n in range(10)]
    await asyncio.gather(*(config.start_async() for config in configs))
    event = registry.gate.approve("prop-1", {"agent.yaml": "name: buyer\nparameters: {x: 1}\n"})
    started = time.monotonic()
    await registry.publish(event)
    while not all(config.snapshot.generation == 2 for config in configs):
        assert time.monotonic() - started < 5
        await asyncio.sleep(0.01)
    await asyncio.gather(*(asyncio.to_thread(config.stop) for config in configs))


PRE_FORK_SERVER = """
import os, sys, time
from pathlib import Path
from pawl_sdk.config import ConfigClient

config = ConfigClient(agent="buyer", url=sys.argv[1], state_dir=Path(sys.argv[2])).start()
children = []
for _ in range(2):
    child = os.fork()
    if child == 0:
        until = time.monotonic() + 30
        while config.snapshot.generation != 2 and time.monotonic() < until:
            time.sleep(0.01)
        config.stop()
        os._exit(0 if config.snapshot.generation == 2 else 1)
    children.append(child)
print("forked", flush=True)
sys.exit(max(os.waitpid(child, 0)[1] for child in children))
"""


async def test_forked_workers_follow_on_their_own(registry: Any, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PRE_FORK_SERVER, registry.url, str(tmp_path / "a")]
    server = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    assert server.stdout is not None
    assert await server.stdout.readline() == b"forked\n"
    await registry.release("prop-1", 2)
    assert await server.wait() == 0
    items = (await registry.get("/api/v1/agents/buyer/instances"))["items"]
    assert len(items) == 3


class Service:
    """The registry as its own process."""

    def __init__(self, home: Path, database_url: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._env = os.environ | {
            "PAWL_HOME": str(home),
            "PAWL_PORT": str(self.port),
            "PAWL_DATABASE_URL": database_url,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "services.runtime_config.main"]
        self._process = subprocess.Popen(command, env=self._env)
        until = time.monotonic() + 30
        while True:
            try:
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            assert self._process.poll() is None, "the registry ended"
            assert time.monotonic() < until, "the registry did not start"
            time.sleep(0.05)

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


@pytest.fixture
async def service(registry: Any, tmp_path: Path) -> Any:
    """Two releases in its store: thresholds 1 and 2, the channel at generation 2."""
    await registry.release("prop-1", 2)
    await registry.app.stop()
    await registry.server.stop()
    registry.app.stop = registry.server.stop = _nothing  # they are stopped already
    await registry.deps.log.stop()
    process = Service(tmp_path, registry.deps.settings.database_url)
    yield process
    process.kill()


async def _nothing() -> None:
    return None


@pytest.fixture
def agents() -> Iterator[Callable[..., ConfigClient]]:
    started: list[ConfigClient] = []

    def start(*arguments: Any, **options: Any) -> ConfigClient:
        started.append(agent(*arguments, **options).start())
        return started[-1]

    yield start
    for config in started:
        config.stop()


def wait_for(check: Callable[[], Any]) -> None:
    until = time.monotonic() + 20
    while not check():
        assert time.monotonic() < until, "waited 20 s"
        time.sleep(0.01)


def roll_back(service: Service) -> Any:
    response = httpx.post(f"{service.url}{CHANNEL}/rollback", json=WHO)
    assert response.status_code == 200, response.text
    return response.json()


async def test_the_registry_is_killed_and_restarted_and_agents_carry_on(
    service: Service, agents: Callable[..., ConfigClient], tmp_path: Path
) -> None:
    await asyncio.to_thread(_killed_and_restarted, service, agents, tmp_path)


def _killed_and_restarted(
    service: Service, agents: Callable[..., ConfigClient], tmp_path: Path
) -> None:
    service.start()
    config = agents(service.url, tmp_path / "a")
    assert config.snapshot.generation == 2
    service.kill()
    time.sleep(0.3)
    assert config.snapshot.parameters["threshold"] == 2
    late = agents(service.url, tmp_path / "a", instance_id="late")  # the registry is down
    assert late.snapshot.generation == 2
    service.start()
    assert roll_back(service)["generation"] == 3
    wait_for(lambda: config.snapshot.generation == late.snapshot.generation == 3)
    assert config.snapshot.parameters["threshold"] == 1
    service.kill()
    service.start()
    wait_for(lambda: _applied(service) == {3})


def _applied(service: Service) -> set[int]:
    items = httpx.get(f"{service.url}/api/v1/agents/buyer/instances").json()["items"]
    return {item["applied_generation"] for item in items}


async def test_an_acknowledged_move_survives_a_kill(service: Service, tmp_path: Path) -> None:
    await asyncio.to_thread(_acknowledged_move_survives, service)


def _acknowledged_move_survives(service: Service) -> None:
    service.start()
    for _ in range(2):
        moved = roll_back(service)
        service.kill()
        service.start()
        now = httpx.get(f"{service.url}{CHANNEL}").json()
        assert (now["generation"], now["digest"]) == (moved["generation"], moved["digest"])


AGENT_THAT_DIES = """
import os, sys
from pathlib import Path
from pawl_sdk.config import ConfigClient
from pawl_sdk.config.activate import Activator

persist = Activator.persist

def persist_and_die(self, active):
    if active.pointer.generation == {generation} and {before}:
        os.kill(os.getpid(), 9)
    persist(self, active)
    if active.pointer.generation == {generation}:
        os.kill(os.getpid(), 9)

Activator.persist = persist_and_die
config = ConfigClient(agent="buyer", url=sys.argv[1], state_dir=Path(sys.argv[2])).start()
print(config.snapshot.generation, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(("before", "generation"), [(True, 2), (False, 3)])
async def test_an_agent_killed_around_the_swap_starts_whole_with_the_registry_away(
    service: Service, tmp_path: Path, before: bool, generation: int
) -> None:
    await asyncio.to_thread(_killed_around_the_swap, service, tmp_path, before, generation)


def _killed_around_the_swap(
    service: Service, tmp_path: Path, before: bool, generation: int
) -> None:
    service.start()
    code = AGENT_THAT_DIES.format(generation=3, before=before)
    command = [sys.executable, "-c", code, service.url, str(tmp_path / "a")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"2\n"
        roll_back(service)
        assert process.wait(20) == -signal.SIGKILL
    service.kill()
    again = agent(service.url, tmp_path / "a").start()
    assert again.snapshot.generation == generation
    again.stop()
