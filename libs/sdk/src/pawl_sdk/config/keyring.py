"""Whose signatures count: keys given by the operator, or pinned at first contact.

A key that the ring does not hold is taken in only when one that it holds has endorsed it.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from pawl_sdk.bundle import SignatureError, key_id_of, verify
from pawl_sdk.bundle.sign import verify_endorsement
from pawl_sdk.config.errors import Refused


class Endorsement(BaseModel):
    """An older key vouches for a newer one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    key_id: str
    signature: str


class SigningKey(BaseModel):
    """A public key as the registry lists it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    key_id: str
    public_key: str
    endorsements: tuple[Endorsement, ...] = ()


FetchKeys = Callable[[], Sequence[SigningKey]]


class TrustedKeys:
    """Verifies bundle signatures; grows only by first contact or endorsement."""

    def __init__(
        self,
        given: Sequence[str],
        pinned: Mapping[str, str],
        fetch: FetchKeys,
        endorsed: Sequence[SigningKey] = (),
    ) -> None:
        self._keys = {key_id_of(raw): raw for raw in map(_decode, [*given, *pinned.values()])}
        self._endorsed: dict[str, SigningKey] = {}
        self._fetch = fetch
        if self._keys:  # keys that came with a saved config are never a first contact
            self._take(endorsed)

    def pinned(self) -> dict[str, str]:
        """Key id to base64, for the disk."""
        return {key_id: base64.b64encode(raw).decode() for key_id, raw in self._keys.items()}

    def endorsed(self) -> tuple[SigningKey, ...]:
        """Trusted keys with who vouched for them: without the registry the chain still holds."""
        return tuple(self._endorsed.values())

    def check(self, key_id: str, digest: str, signature: str) -> None:
        """Return when a trusted key signed the digest, raise `Refused` otherwise."""
        if key_id not in self._keys:
            self._learn()
        if key_id not in self._keys:
            known = ", ".join(sorted(self._keys)) or "none"
            raise Refused(f"signed by key {key_id!r}, which is not trusted (trusted: {known})")
        try:
            verify(self._keys[key_id], digest, signature)
        except SignatureError as error:
            raise Refused(str(error)) from error

    def _learn(self) -> None:
        offered = self._fetch()
        if not self._keys:
            honest = filter(_is_honest, offered)
            self._keys = {key.key_id: _decode(key.public_key) for key in honest}
        self._take(offered)

    def _take(self, offered: Sequence[SigningKey]) -> None:
        honest = [key for key in offered if _is_honest(key)]
        grown = True
        while grown:  # a key endorsed by a key that was itself endorsed
            new = [key for key in honest if key.key_id not in self._keys and self._vouched(key)]
            self._keys |= {key.key_id: _decode(key.public_key) for key in new}
            grown = bool(new)
        self._endorsed |= {key.key_id: key for key in honest if key.key_id in self._keys}

    def _vouched(self, key: SigningKey) -> bool:
        for endorsement in key.endorsements:
            by = self._keys.get(endorsement.key_id)
            if by is not None:
                try:
                    verify_endorsement(by, _decode(key.public_key), endorsement.signature)
                except SignatureError:
                    continue
                return True
        return False


def _is_honest(key: SigningKey) -> bool:
    try:
        return key_id_of(_decode(key.public_key)) == key.key_id
    except ValueError:
        return False


def _decode(public_key: str) -> bytes:
    try:
        raw = base64.b64decode(public_key, validate=True)
    except binascii.Error as error:
        raise ValueError(f"expected a base64 public key, came {public_key!r}") from error
    if len(raw) != 32:
        raise ValueError(f"expected 32 bytes of Ed25519 public key, came {len(raw)}")
    return raw
