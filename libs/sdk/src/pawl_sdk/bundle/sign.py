"""Ed25519 signatures (RFC 8032) over bundle digests, and over keys that follow older ones."""

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

# A signature made for one purpose can never pass for another's.
_BUNDLE = b"pawl.bundle.v1\n"
_KEY = b"pawl.key.v1\n"


class SignatureError(Exception):
    """The signature does not vouch for this content."""


def key_id_of(public_key: bytes) -> str:
    """16 hex digits that name a public key (32 raw bytes)."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def public_key_of(private_key: bytes) -> bytes:
    """32 raw bytes of the public half of a private key (32 raw bytes)."""
    return Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def sign(private_key: bytes, digest: str) -> str:
    """Base64 signature of a bundle's digest."""
    return _sign(private_key, _BUNDLE + digest.encode())


def verify(public_key: bytes, digest: str, signature: str) -> None:
    """Return when the signature vouches for the digest, raise `SignatureError` otherwise."""
    _verify(public_key, _BUNDLE + digest.encode(), signature, digest)


def endorse(private_key: bytes, new_public_key: bytes) -> str:
    """Base64 signature by which a key names its successor."""
    return _sign(private_key, _KEY + new_public_key)


def verify_endorsement(public_key: bytes, new_public_key: bytes, signature: str) -> None:
    """Return when `public_key` endorsed the new key, raise `SignatureError` otherwise."""
    what = f"the key {key_id_of(new_public_key)}"
    _verify(public_key, _KEY + new_public_key, signature, what)


def _sign(private_key: bytes, content: bytes) -> str:
    key = Ed25519PrivateKey.from_private_bytes(private_key)
    return base64.b64encode(key.sign(content)).decode()


def _verify(public_key: bytes, content: bytes, signature: str, what: str) -> None:
    try:
        raw = base64.b64decode(signature, validate=True)
        Ed25519PublicKey.from_public_bytes(public_key).verify(raw, content)
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise SignatureError(
            f"key {key_id_of(public_key)} did not sign {what}: content or signature were changed"
        ) from error
