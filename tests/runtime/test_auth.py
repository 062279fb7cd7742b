"""API keys: who is let in, and that the keys file can change while the service runs."""

import os
from pathlib import Path
from typing import Annotated, Literal

import httpx
import pytest
from fastapi import Depends, FastAPI

from libs.runtime.auth import OPEN, DeniedError, KeyRing, Principal, authenticate, new_key, require
from libs.runtime.errors import StartupError
from libs.runtime.keys import KeyEntry, KeyLimits, KeysFile, read_keys, write_keys
from libs.runtime.problems import install_problem_handlers
from libs.runtime.watched import WatchedFile


class Ticks:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def keys_file(path: Path, *entries: KeyEntry) -> Path:
    write_keys(path, KeysFile(keys=entries))
    return path


def client_of(ring: KeyRing) -> httpx.AsyncClient:
    api = FastAPI()
    api.state.keys = ring
    install_problem_handlers(api)

    @api.get("/who")
    async def who(principal: Annotated[Principal, Depends(require("read"))]) -> dict[str, str]:
        return {"key": principal.key_id}

    return httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://pawl")


async def test_without_a_keys_file_everyone_may_do_everything() -> None:
    async with client_of(KeyRing(None, Ticks())) as client:
        assert (await client.get("/who")).json() == {"key": "open"}
    assert OPEN.may("admin")
    assert OPEN.allows("anything")


@pytest.mark.parametrize("header", ["x-api-key", "api_key", "authorization"])
async def test_a_known_key_is_let_in_under_each_header(tmp_path: Path, header: str) -> None:
    secret, entry = new_key("reader", frozenset({"read"}))
    ring = KeyRing(keys_file(tmp_path / "keys.yaml", entry), Ticks())
    value = f"Bearer {secret}" if header == "authorization" else secret
    async with client_of(ring) as client:
        answer = await client.get("/who", headers={header: value})
    assert answer.json() == {"key": "reader"}


async def test_no_key_and_a_wrong_key_get_401_with_a_challenge(tmp_path: Path) -> None:
    _, entry = new_key("reader", frozenset({"read"}))
    ring = KeyRing(keys_file(tmp_path / "keys.yaml", entry), Ticks())
    async with client_of(ring) as client:
        for headers in ({}, {"x-api-key": "pawl_wrong"}, {"x-api-key": "schlüssel".encode()}):
            answer = await client.get("/who", headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == "application/problem+json"


async def test_a_key_without_the_scope_gets_403_that_names_it(tmp_path: Path) -> None:
    secret, entry = new_key("sender", frozenset({"ingest"}))
    ring = KeyRing(keys_file(tmp_path / "keys.yaml", entry), Ticks())
    async with client_of(ring) as client:
        answer = await client.get("/who", headers={"x-api-key": secret})
    assert answer.status_code == 403
    assert "'sender' has no scope 'read', only ingest" in answer.json()["detail"]


def test_admin_includes_every_scope(tmp_path: Path) -> None:
    secret, entry = new_key("boss", frozenset({"admin"}))
    ring = KeyRing(keys_file(tmp_path / "keys.yaml", entry), Ticks())
    assert authenticate(ring, {"x-api-key": secret}, "review").key_id == "boss"


def test_a_changed_file_is_read_within_a_second_and_the_old_key_dies(tmp_path: Path) -> None:
    clock = Ticks()
    old_secret, old = new_key("old", frozenset({"read"}))
    new_secret, new = new_key("new", frozenset({"read"}), frozenset({"shop"}))
    path = keys_file(tmp_path / "keys.yaml", old)
    ring = KeyRing(path, clock)
    keys_file(path, new)
    os.utime(path, ns=(1, 1))
    clock.seconds += 1.1
    found = authenticate(ring, {"x-api-key": new_secret}, "read")
    assert (found.projects, found.allows("other")) == ({"shop"}, False)
    with pytest.raises(DeniedError):
        authenticate(ring, {"x-api-key": old_secret}, "read")


def test_a_broken_change_keeps_the_keys_that_were_in_force(tmp_path: Path) -> None:
    clock = Ticks()
    secret, entry = new_key("reader", frozenset({"read"}))
    path = keys_file(tmp_path / "keys.yaml", entry)
    ring = KeyRing(path, clock)
    path.write_text("keys: [oops", encoding="utf-8")
    clock.seconds += 1.1
    assert authenticate(ring, {"x-api-key": secret}, "read").key_id == "reader"
    assert ring.problem is not None
    assert "cannot be read" in ring.problem


def test_a_file_that_was_made_readable_is_looked_at_again(tmp_path: Path) -> None:
    path, clock = tmp_path / "keys.yaml", Ticks()
    path.touch(mode=0o600)
    watched = WatchedFile(path, clock)
    path.chmod(0o644)
    clock.seconds += 1.1
    assert watched.changed()
    clock.seconds += 1.1
    assert not watched.changed()


def test_the_file_never_holds_the_secret_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    secret, entry = new_key("a", frozenset({"read"}), limits=KeyLimits(spans_per_second=10))
    path = keys_file(tmp_path / "keys.yaml", entry)
    assert secret not in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)  # so that services of another user can read it
    write_keys(path, read_keys(path))
    assert path.stat().st_mode & 0o777 == 0o644
    assert read_keys(path).keys == (entry,)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("keys: [{id: a, hash: nonsense, scopes: [read], projects: '*'}]", "keys.0.hash"),
        ("keys: [{id: a, hash: x, scopes: [fly], projects: '*'}]", "keys.0.scopes"),
        ("keyz: []", "keyz"),
        (": : :", "cannot be read"),
    ],
)
def test_a_bad_file_stops_the_start_and_names_the_place(
    tmp_path: Path, text: str, named: str
) -> None:
    path = tmp_path / "keys.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StartupError, match=named.replace(".", r"\.")):
        KeyRing(path, Ticks())


def test_an_id_twice_stops_the_start(tmp_path: Path) -> None:
    _, one = new_key("same", frozenset({"read"}))
    _, two = new_key("same", frozenset({"read"}))
    with pytest.raises(StartupError, match="same"):
        KeyRing(keys_file(tmp_path / "keys.yaml", one, two), Ticks())


def test_services_call_each_other_with_the_internal_key(tmp_path: Path) -> None:
    _, entry = new_key("reader", frozenset({"read"}))
    ring = KeyRing(keys_file(tmp_path / "keys.yaml", entry), Ticks(), internal_key="between-us")
    principal = authenticate(ring, {"authorization": "Bearer between-us"}, "read")
    assert (principal.key_id, principal.projects) == ("internal", None)


async def test_a_key_of_some_projects_has_only_the_agents_that_it_names(tmp_path: Path) -> None:
    held: dict[str, tuple[frozenset[str] | Literal["*"], frozenset[str] | Literal["*"] | None]] = {
        "everything": ("*", None),
        "telemetry": (frozenset({"shop"}), None),
        "buyer": (frozenset({"shop"}), frozenset({"buyer"})),
        "agents": (frozenset({"shop"}), "*"),
    }
    made = {
        name: new_key(name, frozenset({"read"}), projects, agents=agents)
        for name, (projects, agents) in held.items()
    }
    write_keys(tmp_path / "keys.yaml", KeysFile(keys=tuple(entry for _, entry in made.values())))
    ring = KeyRing(tmp_path / "keys.yaml", lambda: 0.0)
    api = FastAPI()
    api.state.keys = ring

    @api.get("/agents/{agent}")
    async def read(
        agent: str, who: Annotated[Principal, Depends(require("read"))]
    ) -> list[str] | None:
        return None if who.agents is None else sorted(who.agents)

    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        for name, allowed in (
            ("everything", {"buyer", "clerk"}),
            ("telemetry", set()),
            ("buyer", {"buyer"}),
            ("agents", {"buyer", "clerk"}),
        ):
            for agent in ("buyer", "clerk"):
                headers = {"x-api-key": made[name][0]}
                answer = await client.get(f"/agents/{agent}", headers=headers)
                assert (answer.status_code == 200) == (agent in allowed), (name, agent)
                assert answer.status_code in (200, 403)
                assert answer.status_code == 200 or "`agents`" in answer.text


def test_a_list_shows_the_agents_of_its_reader() -> None:
    everyone, buyer = Principal("a"), Principal("b", agents=frozenset({"buyer"}))
    assert everyone.agents_of(None) is None
    assert everyone.agents_of("clerk") == {"clerk"}
    assert buyer.agents_of(None) == buyer.agents_of("buyer") == {"buyer"}
    assert buyer.agents_of("clerk") == set()
