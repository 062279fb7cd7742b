"""The key that signs bundles: from a secret, or made at home at the first start."""

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from pawl_sdk.bundle import key_id_of, public_key_of, sign
from pawl_sdk.bundle.sign import endorse

from libs.runtime.errors import StartupError, TransientError

KEY_BYTES = 32


@dataclass(frozen=True)
class Signer:
    """One private key."""

    private_key: bytes

    @property
    def public_key(self) -> bytes:
        return public_key_of(self.private_key)

    @property
    def key_id(self) -> str:
        return key_id_of(self.public_key)

    def sign(self, digest: str) -> str:
        return sign(self.private_key, digest)

    def endorse(self, newer: "Signer") -> dict[str, str]:
        """This key vouches for a newer one."""
        signature = endorse(self.private_key, newer.public_key)
        return {"key_id": self.key_id, "signature": signature}


class CurrentSigner:
    """The key in force; set before the first message, replaced by a rotation."""

    def __init__(self) -> None:
        self._signer: Signer | None = None

    def get(self) -> Signer:
        if self._signer is None:
            raise TransientError("the signing key is not loaded yet")
        return self._signer

    def set(self, signer: Signer) -> None:
        self._signer = signer


def signer_of(text: str, name: str) -> Signer:
    """A signer from base64 text, or `StartupError` that says what was expected."""
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except binascii.Error as error:
        raise StartupError(f"{name}: expected base64 of {KEY_BYTES} random bytes") from error
    if len(raw) != KEY_BYTES:
        raise StartupError(f"{name}: expected {KEY_BYTES} bytes, came {len(raw)}")
    return Signer(raw)


def load_or_create(path: Path) -> Signer:
    """Read the key file, or make it, readable by its owner only. Blocking."""
    try:
        return signer_of(path.read_text(encoding="ascii"), str(path))
    except FileNotFoundError:
        return _write_new(path)


def write_pending(path: Path) -> Signer:
    """Make the next key beside the current one. Blocking."""
    return _write_new(_pending(path))


def read_pending(path: Path) -> Signer | None:
    """The next key, when a rotation was begun and not finished. Blocking."""
    try:
        return signer_of(_pending(path).read_text(encoding="ascii"), str(_pending(path)))
    except FileNotFoundError:
        return None


def take_pending(path: Path) -> None:
    """The next key becomes the current one, in one step. Blocking."""
    os.replace(_pending(path), path)
    _sync_folder(path.parent)


def _pending(path: Path) -> Path:
    return path.with_name(f"{path.name}.next")


def _write_new(path: Path) -> Signer:
    path.parent.mkdir(parents=True, exist_ok=True)
    signer = Signer(secrets.token_bytes(KEY_BYTES))
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(signer.private_key) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    _sync_folder(path.parent)
    return signer


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
