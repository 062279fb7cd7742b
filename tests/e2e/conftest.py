"""`pawl up` as a process of its own, behind API keys, for the whole folder."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from libs.runtime.keys import KeysFile, Scope, new_key, write_keys
from libs.testkit.processes import ROOT, PawlProcess, endpoints

WAIT_SECONDS = 15.0
HOLDERS: dict[str, tuple[set[Scope], set[str] | None, set[str] | None]] = {
    "admin": ({"admin"}, None, None),
    "shop": ({"ingest", "read", "review"}, {"shop"}, None),
    "bank": ({"ingest", "read", "review"}, {"bank"}, {"teller", "cashier"}),
    "reader": ({"read"}, {"shop"}, None),
    "clerk": ({"ingest", "read"}, {"clerk"}, {"clerk"}),
}
"""Scopes, projects and agents by the holder's name; without projects all of both."""


@dataclass(frozen=True)
class Platform:
    """Where it answers, and the secrets of `HOLDERS`."""

    api: str
    otlp_http: str
    otlp_grpc: str
    secrets: dict[str, str]

    def headers(self, holder: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.secrets[holder]}"}

    def get(self, path: str, holder: str = "admin", expect: int = 200, **query: Any) -> Any:
        answer = httpx.get(f"{self.api}{path}", params=query, headers=self.headers(holder))
        assert answer.status_code == expect, answer.text
        return answer.json()

    def spans(self, project: str, count: int, **query: Any) -> list[dict[str, Any]]:
        """Every span of the project's traces, once there are `count`."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            found.clear()
            for trace in self.get("/api/v1/traces", project=project, **query)["items"]:
                path = f"/api/v1/traces/{trace['trace_id']}"
                found.extend(self.get(path, project=project)["spans"])
            return len(found) >= count

        until(there)
        return found

    def cli(self, *words: str, holder: str = "shop") -> subprocess.CompletedProcess[str]:
        """`pawl <words>` as a user runs it."""
        command = [sys.executable, "-m", "pawl", *words]
        environment = self._environment(holder)
        return subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False
        )

    def mcp(self, holder: str) -> subprocess.Popen[str]:
        """`pawl mcp` as a coding agent starts it."""
        command = [sys.executable, "-m", "pawl", "mcp"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        environment = self._environment(holder)
        return subprocess.Popen(command, **pipes, text=True, env=environment, cwd=ROOT)

    def _environment(self, holder: str) -> dict[str, str]:
        return os.environ | {"PAWL_URL": self.api, "PAWL_API_KEY": self.secrets[holder]}


def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not check():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def send(platform: Platform, holder: str, project: str, name: str) -> str:
    """One trace of one span with the SDK; returns its id."""
    resource = Resource({"openinference.project.name": project})
    tracing = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(f"{platform.otlp_http}/v1/traces", headers=platform.headers(holder))
    tracing.add_span_processor(SimpleSpanProcessor(exporter))
    said = {"input.value": json.dumps({"order": 7}), "output.value": "it left yesterday"}
    with tracing.get_tracer("mine").start_as_current_span(name, attributes=said) as span:
        trace_id = f"{span.get_span_context().trace_id:032x}"
    tracing.shutdown()
    return trace_id


def import_clerk(platform: Platform) -> None:
    """An agent with a config, imported as its owner would."""
    files = {
        "agent.yaml": "name: clerk\nparameters: {threshold: 7}\n",
        "prompts/system.md": "be kind\n",
    }
    answer = httpx.put(
        f"{platform.api}/api/v1/config-repo/clerk",
        json={"files": files, "author": "ada", "message": "first"},
        headers=platform.headers("admin"),
    )
    assert answer.status_code == 200, answer.text
    path = "/api/v1/agents/clerk/channels/production"
    url, headers = f"{platform.api}{path}", platform.headers("admin")
    until(lambda: httpx.get(url, headers=headers).status_code == 200)


@pytest.fixture(scope="package")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("platform")
    made = {
        name: new_key(
            name,
            frozenset(scopes),
            frozenset(projects) if projects else "*",
            agents=frozenset(agents) if agents else None,
        )
        for name, (scopes, projects, agents) in HOLDERS.items()
    }
    write_keys(folder / "keys.yaml", KeysFile(keys=tuple(entry for _, entry in made.values())))
    process = PawlProcess(
        folder / "up.log",
        *("up", "--home", str(folder / "home")),
        *("--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0"),
        PAWL_KEYS_FILE=str(folder / "keys.yaml"),
        PAWL_TRACES_QUIET_SECONDS="0.5",
    )
    try:
        where = endpoints(folder / "home", process)
        yield Platform(**where, secrets={name: secret for name, (secret, _) in made.items()})
    finally:
        process.terminate()
