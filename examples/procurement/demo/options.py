"""What a person can choose for a demo."""

from dataclasses import dataclass
from pathlib import Path

SEED = 7
CYCLES = 4
DEFAULT_HOME = Path("var/pawl")


@dataclass(frozen=True)
class DemoOptions:
    """`data_dir` is somebody else's case; without it one is generated from `seed`.

    With `cluster` the platform runs already: its addresses are in `home`/endpoints.json.
    """

    home: Path = DEFAULT_HOME
    data_dir: Path | None = None
    seed: int = SEED
    cycles: int = CYCLES
    strict: bool = False
    """A row of `data_dir` that cannot be used stops the demo."""
    flip_share: float | None = None
    exit_after: bool = False
    report: Path | None = None
    cluster: bool = False
    api_port: int = 8080
    otlp_http_port: int = 4318
    otlp_grpc_port: int = 4317
    log_level: str = "warning"
    """Of `demo_home`/platform.log: log lines do not run across the progress bars."""

    @property
    def demo_home(self) -> Path:
        """The demo's own files: generated case, state, the agent's cache and log."""
        return self.home / "demo"
