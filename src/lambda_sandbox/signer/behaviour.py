"""What nobody measured on real AWS: one switch each, so that tests can run both ways.

Imports nothing of the sandbox. Never holds a fact: a behaviour that was measured is plain code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PACKAGE_LIMIT_BYTES = 250 * 1024 * 1024
"""`maxSizeInMB` of the platform AWSLambda-SHA384-ECDSA.

Source: https://docs.aws.amazon.com/signer/latest/api/API_GetSigningPlatform.html
"""


@dataclass(slots=True)
class Behaviour:
    """How the sandbox answers where AWS's answer is not known.

    Attributes:
        token_conflict: StartSigningJob with a known clientRequestToken and other parameters.
            "refuse": ValidationException. "answer": the first job, as the API reference's "all
            calls after the first that use this token return the same response" can be read.
        streamed_zip: The signed zip is written like a stream: sizes and CRC follow the data
            (data descriptors) instead of standing before it.
        arns_without_config: Lambda records SigningJobArn and SigningProfileVersionArn of a valid
            signature on a function that has no code signing configuration. For layers, which have
            none either, it does (radkawar/stackd, code_signing_controls_native.json).
        package_limit_bytes: Largest zip, and largest content of a zip, that is signed.
    """

    token_conflict: Literal["refuse", "answer"] = "refuse"
    streamed_zip: bool = False
    arns_without_config: bool = False
    package_limit_bytes: int = PACKAGE_LIMIT_BYTES
