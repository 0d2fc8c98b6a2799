"""The signing platforms that the sandbox knows, and what may be done on each.

Pure data; imports nothing of the sandbox's services.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

LAMBDA: Final = "AWSLambda-SHA384-ECDSA"
NOTATION: Final = "Notation-OCI-SHA384-ECDSA"


@dataclass(frozen=True, slots=True)
class Platform:
    """One row of ListSigningPlatforms.

    Attributes:
        signs_with: The action of cross-account permissions that signs on it.
        in_revocation_status: GetRevocationStatus answers for it.
    """

    id: str
    display_name: str
    partner: str
    target: str
    max_size_mb: int
    signs_with: str
    in_revocation_status: bool

    @property
    def actions(self) -> tuple[str, ...]:
        """What AddProfilePermission takes.

        Source: botocore model, AddProfilePermission.action; hashicorp/terraform-provider-aws#33941.
        """
        return (self.signs_with, "signer:GetSigningProfile", "signer:RevokeSignature")

    def describe(self) -> dict[str, Any]:
        """As GetSigningPlatform answers."""
        return {
            "platformId": self.id,
            "displayName": self.display_name,
            "partner": self.partner,
            "target": self.target,
            "category": "AWS",
            "signingConfiguration": {
                "encryptionAlgorithmOptions": {
                    "allowedValues": ["ECDSA"],
                    "defaultValue": "ECDSA",
                },
                "hashAlgorithmOptions": {"allowedValues": ["SHA384"], "defaultValue": "SHA384"},
            },
            "signingImageFormat": {
                "supportedFormats": ["JSONDetached"],
                "defaultFormat": "JSONDetached",
            },
            "maxSizeInMB": self.max_size_mb,
            "revocationSupported": True,
        }


PLATFORMS: Final = {
    platform.id: platform
    for platform in (
        # maxSizeInMB and revocationSupported: radkawar/stackd, captured on AWS in 2026-09.
        Platform(
            LAMBDA, "AWS Lambda", "AWSLambda", "SHA384-ECDSA", 250, "signer:StartSigningJob", False
        ),
        Platform(
            NOTATION,
            "Notation for Container Registries",
            "NotationOCI",
            "SHA384-ECDSA",
            1,
            "signer:SignPayload",
            True,
        ),
    )
}
