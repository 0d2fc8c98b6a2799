"""What was signed: an in-toto statement of SLSA provenance about the build.

May import the standard library, bundle, reading, model. Must never be given a payload whose
signature was not verified.
Source: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md,
https://slsa.dev/spec/v1.0/provenance
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from signed_lambda.attestation.reading import UnprovenError, member, members, shown, text

if TYPE_CHECKING:
    from signed_lambda.attestation.bundle import Bundle
    from signed_lambda.model import Sha256

PAYLOAD: Final = "application/vnd.in-toto+json"
STATEMENTS: Final = ("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1")
PROVENANCE: Final = "https://slsa.dev/provenance/v1"


def check_statement(bundle: Bundle, sha256: Sha256) -> None:
    """The statement is SLSA provenance, and the build is one of its subjects.

    Raises:
        UnprovenError: Not so.
    """
    try:
        statement = json.loads(bundle.payload)
    except (ValueError, RecursionError) as error:
        raise UnprovenError("its statement is not JSON") from error
    if bundle.payload_type != PAYLOAD or text(statement, "_type") not in STATEMENTS:
        raise UnprovenError("it is no in-toto statement")
    if (kind := text(statement, "predicateType")) != PROVENANCE:
        raise UnprovenError(f"it is {shown(kind)}, not {PROVENANCE}")
    subjects = members(statement, "subject")
    if not any(member(one, "digest", "sha256") == sha256.hex for one in subjects):
        raise UnprovenError("it is of another file")
