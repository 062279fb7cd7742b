"""A running agent with the SDK: follows its config, answers replays, approves by default."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pawl_sdk.config import ConfigClient, Snapshot
from pawl_sdk.replay import serve_replay
from pawl_sdk.tracing import agent_run

from tests.faults.people import Services


def buy(snapshot: Snapshot, document: dict[str, Any]) -> dict[str, Any]:
    """Approve, unless a learned rule says otherwise."""
    with agent_run("buy", document) as run:
        facts = {"request": document}
        run.facts(facts)
        return dict(snapshot.apply_rules(facts, {"decision": "approve"}).answer)


@contextmanager
def buyer(services: Services, agent: str) -> Iterator[ConfigClient]:
    """In threads of this process; its config has to be released before."""
    url = services["runtime_config"].url
    with ConfigClient(agent=agent, url=url, state_dir=None, report_seconds=2.0) as config:
        server = serve_replay(config, buy)
        try:
            yield config
        finally:
            server.stop()
