"""A case and the agent's config, shared by the tests of the example."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from pawl_sdk.bundle import compile_bundle
from pawl_sdk.config import ConfigClient, Snapshot

from examples.procurement.agent.config import AgentConfig
from examples.procurement.agent.names import AGENT
from examples.procurement.data import Case
from examples.procurement.generator import make_case

CONFIG = Path("examples/procurement/config/agents/procurement")


@pytest.fixture(scope="session")
def case() -> Case:
    return make_case(seed=7)


@pytest.fixture(scope="session")
def files() -> dict[str, str]:
    """The agent's config files as they are in the repository."""
    return {
        path.relative_to(CONFIG).as_posix(): path.read_text(encoding="utf-8")
        for path in CONFIG.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="session")
def snapshot_of() -> Callable[[Mapping[str, str]], Snapshot]:
    """A snapshot of config files, built as the running agent builds it."""
    client = ConfigClient(agent=AGENT, build=AgentConfig.build, state_dir=None)
    return lambda files: client.candidate(compile_bundle(AGENT, files))
