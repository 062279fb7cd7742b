"""Ed25519 signatures (RFC 8032) over bundle digests."""

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_DOMAIN = b"pawl.bundle.v1\n"  # a signature made for something else can never pass for a bundle's


class SignatureError(Exception):
    """The signature does not vouch for these bytes."""


def key_id_of(public_key: bytes) -> str:
    """16 hex digits that name a public key (32 raw bytes)."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def public_key_of(private_key: bytes) -> bytes:
    """32 raw bytes of the public half of a private key (32 raw bytes)."""
    return Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def sign(private_key: bytes, digest: str) -> str:
    """Base64 signature of a digest."""
    key = Ed25519PrivateKey.from_private_bytes(private_key)
    return base64.b64encode(key.sign(_DOMAIN + digest.encode())).decode()


def verify(public_key: bytes, digest: str, signature: str) -> None:
    """Return when the signature vouches for the digest, raise `SignatureError` otherwise."""
    try:
        raw = base64.b64decode(signature, validate=True)
        Ed25519PublicKey.from_public_bytes(public_key).verify(raw, _DOMAIN + digest.encode())
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise SignatureError(
            f"key {key_id_of(public_key)} did not sign {digest}: bytes or signature were changed"
        ) from error
