"""The image holds what its commands import."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from tests.deploy.rendered import ROOT

HOME = "/app"
RUN = "from pawl_sdk.cli.entry import main; main()"


def in_image(root: Path) -> list[str]:
    """The image's import path, rebuilt below `root`: what is installed, then PYTHONPATH."""
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    installed, app = root / "installed", root / "app"
    for folder in (installed, app):
        folder.mkdir()
    for name in build["targets"]["wheel"]["packages"]:
        (installed / name).symlink_to(ROOT / name)
    for name in re.findall(r"^COPY (\w+) \1$", dockerfile, re.MULTILINE):
        (app / name).symlink_to(ROOT / name)
    (installed / "pawl_sdk").symlink_to(ROOT / "libs" / "sdk" / "src" / "pawl_sdk")
    found = re.search(r"\bPYTHONPATH=(\S+)", dockerfile)
    paths = found.group(1).split(":") if found else []
    return [str(installed), *(str(app) + path.removeprefix(HOME) for path in paths)]


@pytest.mark.parametrize("command", ["topics", "migrate", "dlq", "keys"])
def test_the_commands_of_operators_start_in_the_image(tmp_path: Path, command: str) -> None:
    libraries = str(Path(typer.__file__).parents[1])
    path = [*in_image(tmp_path), libraries]
    # -S leaves out the .pth files, which would let the working tree in.
    script = f"import sys; sys.path[:0] = {path!r}; {RUN}"
    words = [sys.executable, "-S", "-P", "-c", script, command, "--help"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "left out" not in done.stderr


def test_pawl_is_found_by_who_enters_a_container() -> None:
    """`kubectl exec` and `docker compose exec` get the image's environment, not its entry point."""
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    assert f"PATH={HOME}/.venv/bin:$PATH" in dockerfile
