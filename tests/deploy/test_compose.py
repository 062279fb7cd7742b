"""docker-compose.yml and what it mounts agree with the code."""

import re
from pathlib import Path
from typing import Any

import yaml

from libs.contracts.routes import PREFIXES, SERVICES

ROOT = Path(__file__).resolve().parents[2]


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


def test_every_service_runs_under_the_name_by_which_others_call_it() -> None:
    services = compose()["services"]
    for name in SERVICES:
        one = services[name.replace("_", "-")]
        assert one["command"] == [name.replace("_", "-")]
        assert one["hostname"] == f"pawl-{name.replace('_', '-')}"


def test_services_run_without_rights_and_say_when_they_are_ready() -> None:
    for name in SERVICES:
        one = compose()["services"][name.replace("_", "-")]
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert one["user"].startswith("10001")
        assert "readyz" in " ".join(one["healthcheck"]["test"])


def test_every_container_is_watched_and_listens_on_this_machine_only() -> None:
    for name, one in compose()["services"].items():
        assert "healthcheck" in one, name
        for port in one.get("ports", []):
            assert port.startswith("127.0.0.1:"), f"{name} {port}"


def test_what_a_service_keeps_on_disk_outlives_its_container() -> None:
    for name in ("review-gate", "runtime-config"):
        one = compose()["services"][name]
        assert any(volume.endswith(":/data") for volume in one["volumes"]), name
        assert not any(place.startswith("/data") for place in one["tmpfs"]), name


def test_every_mounted_file_exists() -> None:
    for name, one in compose()["services"].items():
        for volume in one.get("volumes", []):
            source = re.sub(r"\$\{\w+:-(.*?)\}", r"\1", volume).split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).exists(), f"{name} {source}"


def test_the_gateway_routes_the_paths_of_the_code() -> None:
    text = (ROOT / "deploy/compose/nginx.conf").read_text()
    routed = dict(re.findall(r"location (\S+) \{ proxy_pass http://(\S+):8080; \}", text))
    assert routed == {p: f"pawl-{name.replace('_', '-')}" for p, name in PREFIXES}


def test_prometheus_scrapes_every_service() -> None:
    config = yaml.safe_load((ROOT / "deploy/compose/prometheus.yml").read_text())
    targets = config["scrape_configs"][0]["static_configs"][0]["targets"]
    assert set(targets) == {f"pawl-{name.replace('_', '-')}:8080" for name in SERVICES}
