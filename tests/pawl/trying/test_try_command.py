"""`pawl try` from the command line to its report, with the real learner."""

import csv
import json
import random
from pathlib import Path

import numpy as np
import pytest
import typer
from sklearn.datasets import load_iris
from typer.testing import CliRunner, Result

from pawl.cli import register


def run(*arguments: str) -> Result:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, ["try", *arguments])


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """The agent looks at the amount; the reviewer also knows that APAC is closed."""
    draws = random.Random(5)
    path = tmp_path / "decisions.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Amount (EUR)", "Region", "agent_decision", "Reviewer decision", "Reason"])
        for _ in range(130):
            amount, region = draws.randrange(1, 2000), draws.choice(["EU", "US", "APAC"])
            said = "approve" if amount < 1500 else "reject"
            right = "reject" if region == "APAC" else said
            reason = "we do not sell to APAC yet" if said != right else ""
            writer.writerow([amount, region, said, right, reason])
    return path


def test_a_planted_rule_is_found_proved_told_and_written(planted: Path, tmp_path: Path) -> None:
    rules, page = tmp_path / "rules.yaml", tmp_path / "r.html"
    result = run(str(planted), "--rules", str(rules), "--html", str(page))
    assert result.exit_code == 0, result.output
    assert "Proved: 1 rule" in result.stdout
    assert "Answer reject when the Region is APAC" in result.stdout
    assert '"we do not sell to APAC yet"' in result.stdout
    assert 'when: Region == "APAC"' in rules.read_text()
    assert "the Region is APAC" in page.read_text()


def test_json_alone_is_on_stdout(planted: Path) -> None:
    result = run(str(planted), "--json")
    document = json.loads(result.stdout)
    assert document["agreement"]["last_third"]["served"]["share"] > 0.95
    assert document["read"]["columns"]["reason"] == "Reason"


def test_a_stump_on_iris_is_put_right(tmp_path: Path) -> None:
    data = load_iris()
    order = np.random.default_rng(0).permutation(len(data.data))
    path = tmp_path / "iris.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*data.feature_names, "prediction", "target"])
        for row in order:
            stump = data.target_names[1 if data.data[row][0] < 5.8 else 2]
            writer.writerow([*data.data[row], stump, data.target_names[data.target[row]]])
    document = json.loads(run(str(path), "--json").stdout)
    agreement = document["agreement"]["last_half"]
    assert document["promotions"]
    assert agreement["served"]["share"] > agreement["recorded"]["share"] + 0.2


def test_unusable_input_is_exit_code_2_and_one_line(tmp_path: Path) -> None:
    result = run(str(tmp_path / "none.csv"), "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1


def test_help_gives_an_example() -> None:
    said = " ".join(run("--help").stdout.split())
    assert "Example: pawl try decisions.csv" in said
