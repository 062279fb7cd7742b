"""Serve the replay app from a thread of the agent's own process. Needs uvicorn."""

import secrets
import threading
import time

from pawl_sdk.config import ConfigClient
from pawl_sdk.replay.app import ReplayApp
from pawl_sdk.replay.runner import RunAgent

START_SECONDS_MAX = 10.0
KEEP_ALIVE_SECONDS = 75
"""Longer than the platform keeps an idle connection to this agent."""


class ReplayServer:
    """Announced to the registry when it starts, withdrawn when it stops."""

    def __init__(self, config: ConfigClient, app: ReplayApp, host: str, port: int) -> None:
        import uvicorn  # not a dependency of the SDK: most agents bring their own server

        self._config = config
        # Uvicorn's loggers belong to the process: each logging setting here, also access_log=False,
        # would change what the agent's own server logs.
        settings = uvicorn.Config(
            app,
            host,
            port,
            log_config=None,
            log_level=None,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(
            target=self._server.run, name="pawl-replay-server", daemon=True
        )

    def start(self) -> int:
        """The port that it listens on."""
        self._thread.start()
        until = time.monotonic() + START_SECONDS_MAX
        while not self._server.started:
            if time.monotonic() > until or not self._thread.is_alive():
                raise RuntimeError("the replay server did not start: is its port taken?")
            time.sleep(0.01)
        port: int = self._server.servers[0].sockets[0].getsockname()[1]
        return port

    def stop(self) -> None:
        self._config.announce_replay(None)
        self._server.should_exit = True
        self._thread.join(5.0)


def serve_replay(
    config: ConfigClient,
    run: RunAgent,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    public_host: str | None = None,
    concurrency: int = 4,
    timeout_seconds: float = 60.0,
) -> ReplayServer:
    """Start serving and announce the URL; only who can read the announcement knows its path."""
    path = f"/replay/{secrets.token_urlsafe(16)}"
    app = ReplayApp(
        config, run, concurrency=concurrency, timeout_seconds=timeout_seconds, path=path
    )
    server = ReplayServer(config, app, host, port)
    chosen = server.start()
    config.announce_replay(f"http://{public_host or host}:{chosen}{path}")
    return server
