"""Moving channels, and what runtime_config tells of decisions and keys."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from libs.contracts.base import Model, Timestamp
from libs.contracts.events.config import Canary

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Who = Annotated[str, Field(min_length=1, max_length=200)]
Reason = Annotated[str, Field(min_length=1, max_length=10_000)]


class CanaryPosted(Model):
    """A share of the runs for another digest. Without a salt a fresh one is made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    digest: Digest
    weight: Annotated[float, Field(ge=0, le=1)]
    salt: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class MovePosted(Model):
    """`PUT .../channels/{channel}` with `If-Match: <generation>` (0 for a new channel)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    digest: Digest
    canary: CanaryPosted | None = None
    moved_by: Who
    reason: Reason


class RollbackPosted(Model):
    """`POST .../channels/{channel}/rollback`: a new generation that points at an old digest.

    Without a target: an active canary ends; else the digest before the current one comes back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    to_generation: Annotated[int, Field(ge=1)] | None = None
    to_digest: Digest | None = None
    moved_by: Who
    reason: Reason


class PromotePosted(Model):
    """`POST .../channels/{channel}/promote`: give this channel's digest to the channel `to`.

    Without `to`: the canary of this channel becomes its digest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")] | None = None
    moved_by: Who
    reason: Reason


class CanaryView(Model):
    """`GET .../channels/{channel}/canary`: the sequential test so far."""

    canary: Canary
    runs_canary: int
    runs_control: int
    log_e: float
    """Evidence that the canary is worse; it is rolled back at `log_e_max`."""
    log_e_max: float
    worst_evaluator: str | None
    note: str


class DecisionView(Model):
    """`GET /api/v1/releases/decisions`: what became of an approval here."""

    proposal_id: str
    agent: str
    state: Literal["pending", "released", "refused"]
    reason: str
    attempts: int
    decided_at: Timestamp


class EndorsementView(Model):
    key_id: str
    signature: str


class SigningKeyView(Model):
    """An Ed25519 public key (base64), and the older keys that vouch for it."""

    key_id: str
    public_key: str
    endorsements: tuple[EndorsementView, ...] = ()
    current: bool
    created_at: Timestamp


class SigningKeysView(Model):
    """`GET /api/v1/releases/signing-keys`."""

    keys: tuple[SigningKeyView, ...]
