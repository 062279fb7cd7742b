"""Style is a test: what `make check` holds every file to."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES_MAX = 300
FUNCTION_LINES_MAX = 60
LONG_BY_NATURE = ("libs/contracts/topics.py",)
HOSTS = re.compile(r"https?://[\w.-]*(pypi|pythonhosted|npmjs|proxy\.golang|maven\.org|mirror)")
HOME_PATHS = re.compile(r"(?<![\w.])/(work|home/\w+|Users/\w+)/[\w.-]+")


def tracked(suffix: str = "") -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    paths = [ROOT / name for name in listed if name.endswith(suffix) and name]
    return [path for path in paths if path.is_file()]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


PYTHON = tracked(".py")


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_a_file_fits_in_a_head(path: Path) -> None:
    lines = path.read_text().count("\n")
    assert lines <= LINES_MAX or relative(path) in LONG_BY_NATURE, f"{lines} lines"


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= FUNCTION_LINES_MAX, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_a_name_says_what_is_inside(path: Path) -> None:
    assert path.stem not in {"utils", "util", "common", "helpers", "helper", "misc"}


@pytest.mark.parametrize("path", [p for p in PYTHON if "/tests/" not in str(p)], ids=relative)
def test_a_module_says_what_it_is(path: Path) -> None:
    source = path.read_text()
    assert not source.strip() or ast.get_docstring(ast.parse(source)), "no docstring"


def test_no_machine_path_or_registry_host_is_committed() -> None:
    found = []
    for path in tracked():
        if path == Path(__file__) or path.suffix in {".png", ".parquet", ".gz"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{relative(path)}: {m.group()}" for m in HOSTS.finditer(text)]
        found += [f"{relative(path)}: {m.group()}" for m in HOME_PATHS.finditer(text)]
    assert found == []


def test_no_second_lock_file_with_download_addresses() -> None:
    assert [p for p in tracked() if p.name in {"uv.lock", "poetry.lock", "Pipfile.lock"}] == []


def services() -> list[Path]:
    return sorted(p for p in (ROOT / "services").iterdir() if (p / "main.py").exists())


@pytest.mark.parametrize("service", services(), ids=relative)
def test_every_service_has_the_same_rooms(service: Path) -> None:
    for room in ("main.py", "settings.py", "README.md"):
        assert (service / room).is_file(), f"{relative(service)} has no {room}"


@pytest.mark.parametrize("service", services(), ids=relative)
def test_every_service_readme_says_what_it_consumes_produces_and_owns(service: Path) -> None:
    text = (service / "README.md").read_text().lower()
    for word in ("consumes", "produces", "owns", "failure"):
        assert word in text, f"{relative(service)}/README.md does not say what it {word}"
