"""A signature vouches for exactly one digest by exactly one key."""

import os

import pytest
from pawl_sdk.bundle import SignatureError, digest_of, public_key_of, sign, verify

PRIVATE = bytes(range(32))
DIGEST = digest_of(b"content")


def test_a_signature_verifies_for_its_digest_and_key() -> None:
    verify(public_key_of(PRIVATE), DIGEST, sign(PRIVATE, DIGEST))


@pytest.mark.parametrize("signature", ["", "???", "AAAA", sign(PRIVATE, digest_of(b"other"))])
def test_any_other_signature_is_refused(signature: str) -> None:
    with pytest.raises(SignatureError, match="did not sign"):
        verify(public_key_of(PRIVATE), DIGEST, signature)


def test_another_key_is_refused() -> None:
    with pytest.raises(SignatureError):
        verify(public_key_of(os.urandom(32)), DIGEST, sign(PRIVATE, DIGEST))
