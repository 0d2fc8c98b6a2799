"""Signatures that say something else than they should, or were changed after signing."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.signature import forge
from tests.unit.signature.forge import Recipe, attributes, key, seq, tlv
from tests.unit.signature.variants import GOOD, changed_after_signing, with_attributes

if TYPE_CHECKING:
    from collections.abc import Callable

MALLORY = key(666)
SECOND = dt.timedelta(seconds=1)
_ARABIC = "".join(chr(0x660 + int(digit)) for digit in "20360101000000") + "Z"


def _flip(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def _signature_of(recipe: Recipe) -> bytes:
    private = recipe.leaf.key
    return bytes(
        private.sign(
            forge.set_of(*recipe.attributes), ec.ECDSA(hashes.SHA384(), deterministic_signing=True)
        )
    )


TAMPERED: dict[str, tuple[str, Callable[[], bytes]]] = {
    # -- 30: the signature
    "job changed after signing": (
        "30",
        lambda: changed_after_signing(JOB_ARN=forge.utf8(forge.JOB[:-1] + "5")).sf(),
    ),
    "profile changed after signing": (
        "30",
        lambda: changed_after_signing(
            PROFILE_VERSION_ARN=forge.utf8(forge.PROFILE[:-1] + "3")
        ).sf(),
    ),
    "digest changed after signing": (
        "30",
        lambda: changed_after_signing(MESSAGE_DIGEST=tlv(4, bytes(48))).sf(),
    ),
    "signing time changed after signing": (
        "30",
        lambda: changed_after_signing(SIGNING_TIME=forge.generalized(forge.NOW)).sf(),
    ),
    "expiry changed after signing": (
        "30",
        lambda: changed_after_signing(
            EXPIRY=forge.generalized(forge.EXPIRES_AT + 365 * 86400 * SECOND)
        ).sf(),
    ),
    "attribute dropped after signing": ("30", lambda: changed_after_signing(EXPIRY=None).sf()),
    "attribute added after signing": (
        "30",
        lambda: GOOD.but(
            sent_attributes=(*attributes(), forge.attribute("1.3.187.137.1.9", b"\x05\x00"))
        ).sf(),
    ),
    "signed by another key": ("30", lambda: GOOD.but(signing_key=MALLORY).sf()),
    "signed with SHA-256": ("30", lambda: GOOD.but(signing_hash=hashes.SHA256()).sf()),
    "empty signature": ("30", lambda: GOOD.but(signature=b"").sf()),
    "signature of zeros": (
        "30",
        lambda: GOOD.but(signature=seq(forge.integer(0), forge.integer(0))).sf(),
    ),
    "signature with a byte more": (
        "30",
        lambda: GOOD.but(signature=_signature_of(GOOD) + b"\0").sf(),
    ),
    "signature with one bit flipped": (
        "30",
        lambda: GOOD.but(signature=_flip(_signature_of(GOOD), 40)).sf(),
    ),
    # -- 31: the signed attributes
    **{
        f"no {name}": ("31", lambda name=name: with_attributes(**{name: None}).sf())
        for name in (
            "CONTENT_TYPE",
            "MESSAGE_DIGEST",
            "SIGNING_TIME",
            "ALGORITHM_PROTECTION",
            "JOB_ARN",
            "EXPIRY",
            "PROFILE_VERSION_ARN",
        )
    },
    **{
        f"{dotted} twice": (
            "31",
            lambda dotted=dotted, values=values: GOOD.but(
                attributes=(*attributes(), forge.attribute(dotted, *values))
            ).sf(),
        )
        for dotted, values in forge.GOOD_ATTRIBUTES.items()
    },
    "unknown attribute twice": (
        "31",
        lambda: GOOD.but(
            attributes=(*attributes(), *[forge.attribute("1.3.187.137.1.9", b"\x05\x00")] * 2)
        ).sf(),
    ),
    "job with two values": (
        "31",
        lambda: GOOD.but(
            attributes=(
                *attributes(JOB_ARN=None),
                forge.attribute(forge.JOB_ARN, forge.utf8(forge.JOB), forge.utf8(forge.JOB + "x")),
            )
        ).sf(),
    ),
    "job without a value": (
        "31",
        lambda: GOOD.but(
            attributes=(*attributes(JOB_ARN=None), forge.attribute(forge.JOB_ARN))
        ).sf(),
    ),
    "content type that is not data": (
        "31",
        lambda: with_attributes(CONTENT_TYPE=forge.oid(forge.SIGNED_DATA)).sf(),
    ),
    "digest of 32 bytes": ("31", lambda: with_attributes(MESSAGE_DIGEST=tlv(4, bytes(32))).sf()),
    "digest as text": ("31", lambda: with_attributes(MESSAGE_DIGEST=tlv(12, b"d" * 48)).sf()),
    "job as an octet string": (
        "31",
        lambda: with_attributes(JOB_ARN=tlv(4, forge.JOB.encode())).sf(),
    ),
    "job that is no ARN": ("31", lambda: with_attributes(JOB_ARN=forge.utf8("job")).sf()),
    "job with a line feed": (
        "31",
        lambda: with_attributes(JOB_ARN=forge.utf8(forge.JOB + "\n")).sf(),
    ),
    "job that is a profile": (
        "31",
        lambda: with_attributes(JOB_ARN=forge.utf8(forge.PROFILE)).sf(),
    ),
    "job of another service": (
        "31",
        lambda: with_attributes(JOB_ARN=forge.utf8(forge.JOB.replace(":signer:", ":s3:"))).sf(),
    ),
    "profile without a version": (
        "31",
        lambda: with_attributes(PROFILE_VERSION_ARN=forge.utf8(forge.PROFILE[:-11])).sf(),
    ),
    "signing time in UTCTime": (
        "31",
        lambda: with_attributes(SIGNING_TIME=tlv(0x17, b"260301120000Z")).sf(),
    ),
    "signing time with an offset": (
        "31",
        lambda: with_attributes(SIGNING_TIME=tlv(0x18, b"20260301120000+0000")).sf(),
    ),
    "signing time without a zone": (
        "31",
        lambda: with_attributes(SIGNING_TIME=tlv(0x18, b"20260301120000")).sf(),
    ),
    "signing time on 30 February": (
        "31",
        lambda: with_attributes(SIGNING_TIME=tlv(0x18, b"20260230120000Z")).sf(),
    ),
    "expiry in the year 0": (
        "31",
        lambda: with_attributes(EXPIRY=tlv(0x18, b"00000101000000Z")).sf(),
    ),
    "expiry in Arabic digits": (
        "31",
        lambda: with_attributes(EXPIRY=tlv(0x18, _ARABIC.encode())).sf(),
    ),
    "algorithm protection that is an octet string": (
        "31",
        lambda: with_attributes(ALGORITHM_PROTECTION=tlv(4, b"x")).sf(),
    ),
    "attribute that is a SET": (
        "22",
        lambda: GOOD.but(
            attributes=(
                *attributes(),
                tlv(0x31, forge.oid("1.3.187.137.1.9"), forge.set_of(b"\x05\x00")),
            )
        ).sf(),
    ),
    "attribute with a third field": (
        "22",
        lambda: GOOD.but(
            attributes=(
                *attributes(),
                seq(forge.oid("1.3.187.137.1.9"), forge.set_of(b"\x05\x00"), b"\x05\x00"),
            )
        ).sf(),
    ),
    "algorithm protection with a MAC": (
        "22",
        lambda: with_attributes(
            ALGORITHM_PROTECTION=seq(forge.SHA384, tlv(0xA2, forge.oid("1.2.840.113549.2.10")))
        ).sf(),
    ),
    # -- 32: the algorithms that are protected
    "protected digest SHA-256": (
        "32",
        lambda: with_attributes(ALGORITHM_PROTECTION=forge.protection(digest=forge.SHA256)).sf(),
    ),
    "protected signature ECDSA with SHA-256": (
        "32",
        lambda: with_attributes(
            ALGORITHM_PROTECTION=forge.protection(signature=forge.oid("1.2.840.10045.4.3.2"))
        ).sf(),
    ),
    # -- 37 to 41: times, job, profile, digest
    "signed in six minutes": (
        "37",
        lambda: with_attributes(SIGNING_TIME=forge.generalized(forge.NOW + 360 * SECOND)).sf(),
    ),
    "expired": ("38", lambda: with_attributes(EXPIRY=forge.generalized(forge.NOW - SECOND)).sf()),
    "expires before it is signed": (
        "38",
        lambda: with_attributes(
            SIGNING_TIME=forge.generalized(forge.NOW + 120 * SECOND),
            EXPIRY=forge.generalized(forge.NOW + 60 * SECOND),
        ).sf(),
    ),
    "signed by another job": (
        "39",
        lambda: with_attributes(JOB_ARN=forge.utf8(forge.JOB[:-1] + "5")).sf(),
    ),
    "signed by a job of another account": (
        "39",
        lambda: with_attributes(
            JOB_ARN=forge.utf8(forge.JOB.replace("123456789012", "210987654321"))
        ).sf(),
    ),
    "signed with another profile": (
        "40",
        lambda: with_attributes(
            PROFILE_VERSION_ARN=forge.utf8(forge.PROFILE.replace("team_", "other_"))
        ).sf(),
    ),
    "signed with another version of the profile": (
        "40",
        lambda: with_attributes(PROFILE_VERSION_ARN=forge.utf8(forge.PROFILE[:-1] + "3")).sf(),
    ),
    "other content": ("41", lambda: with_attributes(MESSAGE_DIGEST=tlv(4, bytes(48))).sf()),
}
"""By name: the number of the check that must refuse it, and how to make it."""
