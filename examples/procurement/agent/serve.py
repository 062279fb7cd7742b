"""`python -m examples.procurement.agent.serve`: the agent as a process of its own.

Ends when its standard input ends, so that it never outlives who started it.
"""

import argparse
import asyncio
import json
import logging
import os
import secrets
import socket
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from opentelemetry.sdk.trace import TracerProvider
from pawl_sdk.config import ConfigClient
from pawl_sdk.replay import ReplayApp

from examples.procurement.agent.api import build_api
from examples.procurement.agent.choice import choose_reasoner
from examples.procurement.agent.config import AgentConfig
from examples.procurement.agent.ledger import Ledger
from examples.procurement.agent.names import AGENT
from examples.procurement.agent.runner import Runner
from examples.procurement.agent.service import Service
from examples.procurement.agent.telemetry import otlp_exporter, tracer_provider
from examples.procurement.agent.tools import Systems
from examples.procurement.data import load_reference

HOST = "127.0.0.1"
CONFIG_SECONDS = 60.0
KEEP_ALIVE_SECONDS = 75
"""Longer than callers keep an idle connection, or a call meets a closing one."""


@dataclass(frozen=True)
class Options:
    """The command line."""

    api_url: str
    otlp_url: str
    reference: Path
    home: Path
    instance_id: str
    port: int


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until standard input ends."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    asyncio.run(_serve(_options(arguments)))


def _options(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m examples.procurement.agent.serve")
    parser.add_argument("--api-url", default="http://127.0.0.1:8080", help="the platform's API")
    parser.add_argument("--otlp-url", default="http://127.0.0.1:4318", help="OTLP over HTTP")
    parser.add_argument("--reference", type=Path, required=True, help="reference.json")
    parser.add_argument("--home", type=Path, required=True, help="cache, ledger, endpoints.json")
    parser.add_argument("--instance-id", default=f"{AGENT}-{os.getpid()}")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free port")
    return Options(**vars(parser.parse_args(arguments)))


async def _serve(options: Options) -> None:
    options.home.mkdir(parents=True, exist_ok=True)
    listening = socket.create_server((HOST, options.port))
    url = f"http://{HOST}:{listening.getsockname()[1]}"
    replay_path = f"/replay/{secrets.token_urlsafe(16)}"
    provider = tracer_provider(AGENT, otlp_exporter(options.otlp_url))
    config = ConfigClient(
        agent=AGENT,
        url=options.api_url,
        state_dir=options.home / "config",
        instance_id=options.instance_id,
        build=AgentConfig.build,
        replay_url=url + replay_path,
    )
    runner = _runner(options, provider)
    service = Service(runner, config, Ledger(options.home / "ledger.jsonl"))
    api = build_api(service, ReplayApp(config, runner.replay), replay_path)
    settings = uvicorn.Config(
        api, log_level="warning", access_log=False, timeout_keep_alive=KEEP_ALIVE_SECONDS
    )
    server = uvicorn.Server(settings)
    _end_with_parent(server)
    await config.start_async(CONFIG_SECONDS)
    try:
        _announce(options.home, url)
        await server.serve([listening])
    finally:
        await asyncio.to_thread(config.stop)
        await asyncio.to_thread(provider.shutdown)


def _runner(options: Options, provider: TracerProvider) -> Runner:
    systems = Systems.of(load_reference(options.reference))
    return Runner(systems, choose_reasoner(), provider.get_tracer("examples.procurement"))


def _end_with_parent(server: uvicorn.Server) -> None:
    """A pipe ends with the process that holds its other side, also on kill -9."""

    def watch() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _announce(home: Path, url: str) -> None:
    fresh = home / "endpoints.json.new"
    fresh.write_text(json.dumps({"agent": url, "pid": os.getpid()}) + "\n", encoding="utf-8")
    fresh.replace(home / "endpoints.json")


if __name__ == "__main__":
    main()
