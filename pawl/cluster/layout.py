"""Which process gets which port and environment."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from libs.contracts.routes import SERVICES


@dataclass(frozen=True)
class Layout:
    """Everything about a local cluster; kept in `cluster.json`, so that `down` finds it."""

    home: str
    kafka_port: int
    postgres_port: int
    redis_port: int
    gateway_port: int
    otlp_grpc_port: int
    service_ports: dict[str, int]

    @property
    def endpoints(self) -> dict[str, str]:
        return {
            "api": f"http://127.0.0.1:{self.gateway_port}",
            "otlp_http": f"http://127.0.0.1:{self.service_ports['ingest']}",
            "otlp_grpc": f"http://127.0.0.1:{self.otlp_grpc_port}",
        }

    @property
    def urls(self) -> dict[str, str]:
        return {name: f"http://127.0.0.1:{port}" for name, port in self.service_ports.items()}

    def environment(self, service: str) -> dict[str, str]:
        """What one service's process is told; the same names as in Kubernetes."""
        database = f"postgresql+asyncpg://pawl@127.0.0.1:{self.postgres_port}/pawl"
        return {
            "PAWL_HOME": f"{self.home}/data",
            "PAWL_HOST": "127.0.0.1",
            "PAWL_PORT": str(self.service_ports[service]),
            "PAWL_EVENTLOG": "kafka",
            "PAWL_KAFKA_BOOTSTRAP": f"127.0.0.1:{self.kafka_port}",
            "PAWL_DATABASE_URL": database,
            "PAWL_REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "PAWL_INGEST_OTLP_GRPC_PORT": str(self.otlp_grpc_port),
        } | {f"PAWL_URL_{name.upper()}": url for name, url in self.urls.items()}

    def save(self) -> None:
        path = Path(self.home) / "cluster.json"
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @staticmethod
    def load(home: Path) -> "Layout":
        return Layout(**json.loads((home / "cluster.json").read_text(encoding="utf-8")))


def plan(
    home: Path,
    gateway_port: int,
    free_port: Callable[[], int],
    services: Sequence[str] = SERVICES,
) -> Layout:
    """Ports for a new cluster; 0 picks a free one for the gateway too."""
    return Layout(
        home=str(home.resolve()),
        kafka_port=free_port(),
        postgres_port=free_port(),
        redis_port=free_port(),
        gateway_port=gateway_port or free_port(),
        otlp_grpc_port=free_port(),
        service_ports={name: free_port() for name in services},
    )
