"""`pawl up`: starts, says where, refuses clearly, ends cleanly."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from libs.testkit.processes import PawlProcess, endpoints

FREE = ("--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0")


@pytest.fixture
def up(tmp_path: Path) -> Iterator[tuple[PawlProcess, Path]]:
    home = tmp_path / "home"
    process = PawlProcess(tmp_path / "up.log", "up", "--home", str(home), *FREE)
    yield process, home
    process.kill()


def test_it_answers_on_free_ports_prints_them_and_needs_no_keys_on_loopback(
    up: tuple[PawlProcess, Path],
) -> None:
    process, home = up
    where = endpoints(home, process)
    assert set(where) == {"api", "otlp_http", "otlp_grpc"}
    assert all(url in process.output() for url in where.values())
    assert all(url.startswith("http://127.0.0.1:") for url in where.values())
    assert httpx.get(f"{where['api']}/readyz").json() == {"ready": True, "problems": {}}
    assert httpx.get(f"{where['api']}/healthz").status_code == 200
    assert "pawl_messages_handled_total" in httpx.get(f"{where['api']}/metrics").text
    assert httpx.get(f"{where['api']}/api/v1/projects").status_code == 200


def test_sigterm_ends_it_within_ten_seconds_and_it_starts_again(
    up: tuple[PawlProcess, Path], tmp_path: Path
) -> None:
    process, home = up
    endpoints(home, process)
    start = time.monotonic()
    assert process.terminate() == 0
    assert time.monotonic() - start < 10
    (home / "endpoints.json").unlink()
    again = PawlProcess(tmp_path / "again.log", "up", "--home", str(home), *FREE)
    try:
        assert endpoints(home, again)
    finally:
        again.kill()


def test_a_home_in_use_is_refused_with_the_owner(
    up: tuple[PawlProcess, Path], tmp_path: Path
) -> None:
    process, home = up
    endpoints(home, process)
    second = PawlProcess(tmp_path / "second.log", "up", "--home", str(home), *FREE)
    assert second.wait(30) == 2
    assert f"pid {process.pid}" in second.output()


def test_a_killed_owner_does_not_keep_the_home(
    up: tuple[PawlProcess, Path], tmp_path: Path
) -> None:
    process, home = up
    endpoints(home, process)
    process.kill()
    (home / "endpoints.json").unlink()
    again = PawlProcess(tmp_path / "again.log", "up", "--home", str(home), *FREE)
    try:
        assert endpoints(home, again)
    finally:
        again.kill()


def test_a_taken_port_is_refused_by_its_number(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = PawlProcess(
            tmp_path / "up.log", "up", "--home", str(tmp_path / "home"), "--port", port
        )
        assert process.wait(30) == 2
    assert f"port {port}" in process.output()


def test_bound_beyond_loopback_without_keys_it_refuses(tmp_path: Path) -> None:
    environment = {"PAWL_HOST": "0.0.0.0"}
    process = PawlProcess(
        tmp_path / "up.log",
        "up",
        "--home",
        str(tmp_path / "home"),
        "--host",
        "0.0.0.0",
        *FREE,
        **environment,
    )
    assert process.wait(30) == 2
    assert "PAWL_KEYS_FILE" in process.output()


def test_a_bad_setting_is_refused_by_its_name(tmp_path: Path) -> None:
    assert "PAWL_TRACES_QUIET_SECONDS" not in os.environ
    process = PawlProcess(
        tmp_path / "up.log",
        "up",
        "--home",
        str(tmp_path / "home"),
        *FREE,
        PAWL_TRACES_QUIET_SECONDS="soon",
    )
    assert process.wait(30) == 2
    assert "PAWL_TRACES_QUIET_SECONDS" in process.output()
