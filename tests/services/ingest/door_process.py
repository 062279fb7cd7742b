"""A door in its own process, for the test that kills it: `python door_process.py HOME PORTFILE`."""

import asyncio
import sys
from pathlib import Path

from libs.runtime.serve import Server
from libs.testkit.apps import embedded_deps
from services.ingest.main import build
from services.ingest.settings import IngestSettings


async def main(home: Path, port_file: Path) -> None:
    async with embedded_deps(home) as deps:
        app = build(deps, IngestSettings(otlp_grpc_port=0))
        server = Server(app, "127.0.0.1", 0)
        await server.start()
        await app.start()
        fresh = port_file.with_suffix(".new")
        fresh.write_text(f"{server.port} {app.ports['otlp_grpc']}", encoding="utf-8")
        fresh.replace(port_file)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
