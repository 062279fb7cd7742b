"""The keys file: who may do what, where. Read at start, read again when it changes.

```yaml
keys:
  - id: agents-eu
    hash: sha256:<64 hex digits of the SHA-256 of the secret>
    scopes: [ingest]            # ingest | read | review | admin (admin includes the others)
    projects: [checkout, support]   # or "*": whose traces and feedback
    agents: [checkout-bot]          # or "*": whose config and loop; left out, none, or with "*" all
    limits: {spans_per_second: 5000, bytes_per_second: 20000000}   # optional, per process
```

A plain SHA-256 is right here because secrets are 256 random bits made by `new_key`: there is
nothing to guess, so a slow hash would only slow the door.
"""

import hashlib
import hmac
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from libs.runtime.errors import StartupError
from libs.runtime.logs import get_logger
from libs.runtime.watched import WatchedFile

Scope = Literal["ingest", "read", "review", "admin"]
SCOPES: frozenset[Scope] = frozenset({"ingest", "read", "review", "admin"})
SECRET_BYTES = 32


class KeyLimits(BaseModel):
    """What one key may send to one ingest process; None is no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spans_per_second: Annotated[float, Field(gt=0)] | None = None
    bytes_per_second: Annotated[float, Field(gt=0)] | None = None


class KeyEntry(BaseModel):
    """One entry of the keys file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    hash: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    projects: Annotated[frozenset[str], Field(min_length=1)] | Literal["*"]
    agents: Annotated[frozenset[str], Field(min_length=1)] | Literal["*"] | None = None
    limits: KeyLimits = KeyLimits()


class KeysFile(BaseModel):
    """The whole keys file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: tuple[KeyEntry, ...]


@dataclass(frozen=True)
class Principal:
    """Who is calling. `projects` and `agents` are None when all of them are allowed."""

    key_id: str
    projects: frozenset[str] | None = None
    scopes: frozenset[Scope] = SCOPES
    limits: KeyLimits = field(default_factory=KeyLimits)
    agents: frozenset[str] | None = None

    def allows(self, project: str) -> bool:
        """Whether this caller may touch the project."""
        return self.projects is None or project in self.projects

    def allows_agent(self, agent: str) -> bool:
        """Whether this caller may touch the agent: its config, proposals, examples."""
        return self.agents is None or agent in self.agents

    def agents_of(self, asked: str | None) -> frozenset[str] | None:
        """Which agents a list may show, when one or (None) every one is asked for; None: all."""
        if asked is None:
            return self.agents
        return frozenset({asked} if self.allows_agent(asked) else ())

    def may(self, scope: Scope) -> bool:
        """Whether this caller holds the scope."""
        return scope in self.scopes or "admin" in self.scopes


OPEN = Principal(key_id="open")
INTERNAL = Principal(key_id="internal")


def hash_of(secret: str) -> str:
    """The form in which a secret stands in the keys file."""
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()


def new_key(
    key_id: str,
    scopes: frozenset[Scope],
    projects: frozenset[str] | Literal["*"] = "*",
    limits: KeyLimits | None = None,
    token: Callable[[int], str] = secrets.token_urlsafe,
    agents: frozenset[str] | Literal["*"] | None = None,
) -> tuple[str, KeyEntry]:
    """Make a secret, shown once, and the entry for the keys file, which does not hold it."""
    secret = f"pawl_{token(SECRET_BYTES)}"
    entry = KeyEntry(
        id=key_id,
        hash=hash_of(secret),
        scopes=scopes,
        projects=projects,
        agents=agents,
        limits=limits or KeyLimits(),
    )
    return secret, entry


def read_keys(path: Path) -> KeysFile:
    """Parse a keys file; raise `StartupError` that says which entry is wrong and how."""
    try:
        parsed = KeysFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise StartupError(f"keys file {path} cannot be read: {error}") from error
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise StartupError(f"keys file {path} is not valid:\n" + "\n".join(lines)) from error
    ids = [entry.id for entry in parsed.keys]
    if repeated := sorted({one for one in ids if ids.count(one) > 1}):
        raise StartupError(f"keys file {path}: each id once, but these repeat: {repeated}")
    return parsed


def write_keys(path: Path, keys: KeysFile) -> None:
    """Replace the keys file in one step; a new one is readable by its owner only."""
    entries = [entry.model_dump(mode="json", exclude_none=True) for entry in keys.keys]
    for entry in entries:
        entry["scopes"] = sorted(entry["scopes"])
        for name in ("projects", "agents"):
            if isinstance(entry.get(name), list):
                entry[name] = sorted(entry[name])
    fresh = path.with_name(path.name + ".new")
    fresh.touch(mode=0o600)
    if path.exists():  # services may run as somebody else, and have been let in
        fresh.chmod(stat.S_IMODE(path.stat().st_mode))
    fresh.write_text(yaml.safe_dump({"keys": entries}, sort_keys=False), encoding="utf-8")
    fresh.replace(path)


class KeyRing:
    """Finds the caller of a secret. Without a keys file everyone is `OPEN`."""

    def __init__(
        self, path: Path | None, monotonic: Callable[[], float], internal_key: str = ""
    ) -> None:
        self._file = WatchedFile(path, monotonic) if path is not None else None
        self._internal = hash_of(internal_key) if internal_key else None
        self._entries: list[tuple[str, Principal]] = []
        self.problem: str | None = None
        """What is wrong with the file now; the keys read before stay in force."""
        if path is not None:
            self._load(path)

    @property
    def is_open(self) -> bool:
        return self._file is None

    def find(self, secret: str) -> Principal | None:
        """The caller that holds the secret, or None."""
        self._reload_when_changed()
        given = hash_of(secret)
        if self._internal is not None and hmac.compare_digest(self._internal, given):
            return INTERNAL
        found = None
        for known, principal in self._entries:  # no early exit: equal time for every key
            if hmac.compare_digest(known, given):
                found = principal
        return found

    def _reload_when_changed(self) -> None:
        if self._file is None or not self._file.changed():
            return
        try:
            self._load(self._file.path)
        except StartupError as error:
            self.problem = str(error)
            get_logger("auth").error("keys file not reloaded", why=str(error))

    def _load(self, path: Path) -> None:
        self._entries = [(entry.hash, _principal(entry)) for entry in read_keys(path).keys]
        self.problem = None


def _principal(entry: KeyEntry) -> Principal:
    """A key of some projects has no agents but those it names: an agent's name is no secret."""
    projects = None if isinstance(entry.projects, str) else entry.projects
    named = entry.agents if entry.agents is not None else ("*" if projects is None else frozenset())
    agents = None if isinstance(named, str) else named
    return Principal(entry.id, projects, entry.scopes, entry.limits, agents)
