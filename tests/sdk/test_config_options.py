"""Options as people set them, and snapshots that no agent can change."""

from pathlib import Path
from typing import Any

import pytest
from pawl_sdk.bundle import compile_bundle
from pawl_sdk.config import ConfigOptions

from libs.testkit.registry import FakeRegistry, Start, threshold


def test_an_empty_address_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAWL_URL", "")
    assert ConfigOptions(agent="buyer").url == "http://127.0.0.1:8080"


def test_a_state_folder_may_be_given_as_text(
    start: Start, registry: FakeRegistry, tmp_path: Path
) -> None:
    config = start(state_dir=str(tmp_path / "state"))
    registry.cut_streams()
    config.stop()
    assert (tmp_path / "state" / "buyer" / "production.state").exists()
    registry.down = True
    assert threshold(start(state_dir=str(tmp_path / "state"))) == 1


@pytest.mark.parametrize(
    ("name", "expected"), [("PAWL_STATE_DIR", "/state"), ("XDG_STATE_HOME", "/state/pawl")]
)
def test_a_user_without_home_may_name_the_state_folder(
    monkeypatch: pytest.MonkeyPatch, name: str, expected: str
) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("PAWL_STATE_DIR", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.setenv(name, "/state")
    assert ConfigOptions(agent="buyer").state_dir == Path(expected)


def test_what_an_agent_does_to_its_parameters_changes_no_other_run(
    start: Start, registry: FakeRegistry
) -> None:
    text = "name: buyer\nparameters: {tools: [a], limits: {x: 1}}\nlimits: {y: [2]}\n"
    registry.move(registry.release(compile_bundle("buyer", {"agent.yaml": text})), 2)
    config = start()
    with config.run() as snapshot:
        parameters: Any = snapshot.parameters
        parameters["tools"].append("b")
        parameters["limits"]["x"] = 9
        snapshot.spec.parameters["new"] = 1
        spec: Any = snapshot.spec
        spec.limits["y"].append(3)
    with config.run() as snapshot:
        assert dict(snapshot.parameters) == {"tools": ["a"], "limits": {"x": 1}}
        assert snapshot.spec.limits == {"y": [2]}
