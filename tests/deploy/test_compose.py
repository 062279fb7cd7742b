"""docker-compose.yml and what it mounts agree with the code."""

import re
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from libs.contracts.routes import PREFIXES, SERVICES
from libs.runtime.keys import read_keys
from libs.runtime.settings import RuntimeSettings
from tests.deploy.test_workloads import CLOSING_SECONDS

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


def test_a_service_has_time_to_finish_before_it_is_killed() -> None:
    needed = RuntimeSettings.model_fields["shutdown_seconds"].default + CLOSING_SECONDS
    for name in SERVICES:
        one = compose()["services"][name.replace("_", "-")]
        assert float(one["stop_grace_period"].removesuffix("s")) > needed, name


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


def test_the_key_that_opens_everything_has_no_default() -> None:
    for name in SERVICES:
        given = compose()["services"][name.replace("_", "-")]["environment"]["PAWL_INTERNAL_KEY"]
        assert re.fullmatch(r"\$\{PAWL_INTERNAL_KEY:\?[^}]+\}", given), name


def test_a_keys_file_that_is_replaced_is_seen() -> None:
    """`pawl keys` renames a new file into place: only a mounted folder shows it."""
    for name in SERVICES:
        one = compose()["services"][name.replace("_", "-")]
        file = PurePosixPath(one["environment"]["PAWL_KEYS_FILE"])
        [source] = [v[: -len(f":{file.parent}:ro")] for v in one["volumes"] if ":ro" in v]
        sample = ROOT / re.sub(r"\$\{PAWL_KEYS_DIR:-(.*)\}", r"\1", source)
        assert sample.is_dir(), name
        assert read_keys(sample / file.name).keys
        assert (sample / file.name).stat().st_mode & 0o004, "services run as another user"


def test_the_gateway_routes_the_paths_of_the_code() -> None:
    """Through a variable: nginx looks up a name that is written out once, when it starts."""
    text = (ROOT / "deploy/compose/nginx.conf").read_text()
    route = re.compile(r"location (\S+) \{ set \$to (\S+); proxy_pass http://\$to:8080; \}")
    assert dict(route.findall(text)) == {p: f"pawl-{n.replace('_', '-')}" for p, n in PREFIXES}
    assert text.count("proxy_pass") == len(PREFIXES)
    assert re.search(r"resolver 127\.0\.0\.11 valid=\d+s", text)


def test_prometheus_scrapes_every_service() -> None:
    config = yaml.safe_load((ROOT / "deploy/compose/prometheus.yml").read_text())
    targets = config["scrape_configs"][0]["static_configs"][0]["targets"]
    assert set(targets) == {f"pawl-{name.replace('_', '-')}:8080" for name in SERVICES}
