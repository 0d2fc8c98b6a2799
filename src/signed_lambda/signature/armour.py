"""Takes the DER or BER out of the PEM block that AWS Signer writes.

May import the standard library and errors. Must never accept two spellings of the same bytes: text
around or inside the block is where other readers see other things.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

from signed_lambda.errors import SignatureError
from signed_lambda.lazy import regex
from signed_lambda.signature.advice import DO_NOT_DEPLOY

if TYPE_CHECKING:
    from signed_lambda.errors import DeployError

MAX_SF_BYTES: Final = 64 * 1024
"""Largest signature file that is read. A real one has 5,214 bytes."""

_BLOCK: Final = regex(
    rb"-----BEGIN PKCS7-----\n"
    rb"((?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{1,64}={0,2}\n)"
    rb"-----END PKCS7-----\n"
)


def unarmour(sf: bytes) -> bytes:
    """The bytes inside the one PEM block that fills the file `aws_signer_signature_v1.0.SF`.

    The form is exactly Signer's: label PKCS7, lines of 64 characters ended by a line feed, nothing
    around the block, canonical base64.

    Args:
        sf: The file's bytes, of unknown origin.

    Raises:
        SignatureError: Too large, or of another form (E-SIGNATURE-21).
    Source: a file made by AWS Signer, tests/data/signer/README.md.
    """
    # 21
    if len(sf) > MAX_SF_BYTES:
        raise _refusal(f"the signature file has {len(sf)} bytes, more than {MAX_SF_BYTES}")
    block = _BLOCK.fullmatch(sf)
    if block is None:
        raise _refusal("the signature file is not exactly one PEM block of PKCS7")
    text = block[1].replace(b"\n", b"")
    try:
        data = binascii.a2b_base64(text)
    except binascii.Error as error:
        raise _refusal(f"the signature file's base64 is broken: {error}") from error
    if base64.b64encode(data) != text:
        raise _refusal("the signature file's base64 is not in its canonical form")
    return data


def _refusal(what: str) -> DeployError:
    return SignatureError.of("E-SIGNATURE-21", what, DO_NOT_DEPLOY)
