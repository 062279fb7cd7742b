"""A cluster held by the process that started it: for fault tests and benchmarks.

Real servers and services, each its own process, to kill, freeze, stop and start again.
"""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from deploy.local import LocalKafka, LocalPostgres, LocalRedis
from deploy.local.process import free_port
from libs.contracts.routes import SERVICES
from pawl.cluster import processes
from pawl.cluster.layout import Layout, plan

CACHE = Path(__file__).resolve().parents[2] / "var" / "local"
READY_SECONDS_MAX = 120.0
RECOVERS_SECONDS_MAX = 20.0
ALWAYS = {
    "PAWL_LOG_LEVEL": "warning",
    # Test dependencies bring a plugin that costs a second at every start.
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}


class Service:
    """One process of a service. `name` differs from `kind` for a second replica."""

    def __init__(self, layout: Layout, kind: str, name: str, **environment: str) -> None:
        self.kind = kind
        self.name = name
        self._layout = layout
        self._environment = ALWAYS | environment
        if name != kind:
            self._environment |= {"PAWL_PORT": str(free_port())}
        port = self._environment.get("PAWL_PORT", str(layout.service_ports[kind]))
        self.url = f"http://127.0.0.1:{port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        """Start the process; `environment` counts for this time only."""
        more = self._environment | environment
        self._process = processes.start_service(self._layout, self.kind, more, self.name)

    def kill(self) -> None:
        """kill -9."""
        self.send(signal.SIGKILL)
        if self._process:
            self._process.wait()

    def terminate(self, seconds_max: float = 20.0) -> float:
        """SIGTERM; returns the seconds that it took, or fails when it does not end by itself."""
        started = time.monotonic()
        self.send(signal.SIGTERM)
        if self._process:
            try:
                self._process.wait(seconds_max)
            except subprocess.TimeoutExpired as error:
                raise AssertionError(f"{self.name} ignores SIGTERM:\n{self.log()}") from error
        return time.monotonic() - started

    def send(self, number: int) -> None:
        if self._process and self._process.poll() is None:
            os.kill(self._process.pid, number)

    @property
    def pid(self) -> int:
        """Of the process as it runs now."""
        if self._process is None:
            raise ValueError(f"{self.name} was never started")
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def readyz(self, seconds_max: float = 4.0) -> dict[str, Any] | None:
        """What /readyz says; None when nobody answers. Fails when it contradicts itself."""
        try:
            answer = httpx.get(f"{self.url}/readyz", timeout=seconds_max, trust_env=False)
        except httpx.HTTPError:
            return None
        body: dict[str, Any] = answer.json()
        told = (answer.status_code == 200, body["ready"], body["problems"] == {})
        assert len(set(told)) == 1, f"{self.name} says {answer.status_code} and {body}"
        return body

    def until_ready(self, seconds_max: float = READY_SECONDS_MAX) -> None:
        """Wait, or fail with the end of its log."""
        deadline = time.monotonic() + seconds_max
        while not ((body := self.readyz()) and body["ready"]):
            if not self.alive or time.monotonic() > deadline:
                raise AssertionError(f"{self.name} is not ready: {body}\n{self.log()}")
            time.sleep(0.1)

    def log(self, lines: int = 30) -> str:
        """The end of what it wrote."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    @property
    def log_bytes(self) -> int:
        """How much it wrote so far."""
        return self._log.stat().st_size

    @property
    def _log(self) -> Path:
        return Path(self._layout.home) / self.name / f"{self.name}.log"


class Cluster:
    """Everything of `pawl cluster up`, in a folder of its own."""

    def __init__(self, home: Path, kinds: Sequence[str] = SERVICES, **environment: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        self.layout = plan(home, 0, free_port, kinds)
        self.layout.save()
        self.kafka = LocalKafka(home / "kafka", CACHE, self.layout.kafka_port)
        self.postgres = LocalPostgres(home / "postgres", self.layout.postgres_port)
        self.redis = LocalRedis(home / "redis", self.layout.redis_port)
        self._environment = environment
        self.services = {kind: Service(self.layout, kind, kind, **environment) for kind in kinds}

    @property
    def bootstrap(self) -> str:
        return self.kafka.bootstrap

    @property
    def otlp_url(self) -> str:
        return self.services["ingest"].url

    def __getitem__(self, name: str) -> Service:
        return self.services[name]

    def start(self) -> None:
        """Servers, then all services at once, then until all are ready."""
        processes.at_once(self.kafka.start, self.postgres.start, self.redis.start)
        for service in self.services.values():
            service.start()
        self.until_ready()

    def until_ready(self, seconds_max: float = READY_SECONDS_MAX) -> None:
        for service in self.services.values():
            service.until_ready(seconds_max)

    def add_replica(self, kind: str, **environment: str) -> Service:
        """Another process of a service; not waited for."""
        number = sum(one.kind == kind for one in self.services.values()) + 1
        more = self._environment | environment
        service = Service(self.layout, kind, f"{kind}-{number}", **more)
        self.services[service.name] = service
        service.start()
        return service

    def remove(self, service: Service) -> None:
        """Forget a replica that has ended."""
        del self.services[service.name]

    def mend(self) -> None:
        """Whatever a failed test left: all servers and services run again."""
        for service in list(self.services.values()):
            service.send(signal.SIGCONT)
            if service.name != service.kind:
                service.kill()
                self.remove(service)
            elif not service.alive or not self._recovers(service):
                service.kill()
                service.start()
        self.until_ready()

    @staticmethod
    def _recovers(service: Service) -> bool:
        """By itself; one that stopped for a person to look does not."""
        try:
            service.until_ready(RECOVERS_SECONDS_MAX)
        except AssertionError:
            return False
        return True

    def stop(self) -> None:
        for service in self.services.values():
            service.send(signal.SIGCONT)
            service.kill()
        self.redis.stop()
        self.postgres.stop()
        self.kafka.stop()
