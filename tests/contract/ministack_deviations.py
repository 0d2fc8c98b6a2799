"""Where ministack 1.5.33 does not answer as AWS does: row id -> what it does instead.

Strict: a row here that passes is reported, and is then to be removed.
"""

from __future__ import annotations

from typing import Final

_NO_CONFIGS: Final = "has no code-signing configurations: 200 with an empty body, no admission"
_RECEIPT: Final = "signs nothing: the signed object is a JSON receipt"
_NO_ROUTE: Final = "has no such operation of Signer"
_NO_ENFORCEMENT: Final = "lets everybody do everything; with AUTH=true it ignores the qualifier"
_NEVER_BUSY: Final = "takes an update while another one is in progress"
_ACCEPTED: Final = "accepts it"
_OTHER_TEXT: Final = "same code, another text"

DEVIATIONS: Final[dict[str, str]] = {
    # -- S3
    "s3-malformed-checksum": "answers BadDigest",
    "s3-checksum-echoed": "the PUT's answer has no checksum; HeadObject's has",
    "s3-expected-owner": "ignores ExpectedBucketOwner",
    "s3-owner-malformed": "ignores ExpectedBucketOwner",
    "s3-owner-on-reads-of-settings": "ignores ExpectedBucketOwner",
    "s3-if-none-match-etag": _ACCEPTED,
    "s3-both-conditions": "answers 412",
    # -- IAM
    "identity-policy-enforced": _NO_ENFORCEMENT,
    "invoke-allowed-on-alias": _NO_ENFORCEMENT,
    "invoke-allowed-on-function": _NO_ENFORCEMENT,
    # -- Signer
    "signed-zip": _RECEIPT,
    "signed-zip-keeps-order": _RECEIPT,
    "signature-envelope": _RECEIPT,
    "signature-attributes": _RECEIPT,
    "signature-verifies": _RECEIPT,
    "signature-chain": _RECEIPT,
    "signature-digest": _RECEIPT,
    "job-signs-the-version": _RECEIPT,
    "job-asynchronous": "the job is done when it is started",
    "job-malformed-zip": _RECEIPT,
    "job-already-signed": _RECEIPT,
    "job-empty-zip": _RECEIPT,
    "job-profile-canceled": "a canceled profile starts jobs",
    "job-profile-revoked": _NO_ROUTE,
    "signature-revoked": _NO_ROUTE,
    "signing-platforms": _NO_ROUTE,
    "profile-revoked": _NO_ROUTE,
    "profile-revoked-in-future": _NO_ROUTE,
    "profile-revoked-later": _NO_ROUTE,
    "revocation-status-of-lambda": _NO_ROUTE,
    # -- code signing
    "config-create": _NO_CONFIGS,
    "config-get": _NO_CONFIGS,
    "config-update": _NO_CONFIGS,
    "config-functions": _NO_CONFIGS,
    "config-attach": _NO_CONFIGS,
    "config-attach-unknown": "stores any string",
    "config-unknown": _NO_CONFIGS,
    "config-any-publisher": _NO_CONFIGS,
    "config-delete-in-use": _NO_CONFIGS,
    "config-none-attached": "answers an empty ARN",
    "config-qualifier": _ACCEPTED,
    "config-detach": _NO_CONFIGS,
    "config-attach-checks-nothing": _NO_CONFIGS,
    "enforce-unsigned-update": _NO_CONFIGS,
    "enforce-unsigned-dry-run": _NO_CONFIGS,
    "enforce-unsigned-create": _NO_CONFIGS,
    "enforce-signed": _NO_CONFIGS,
    "enforce-tampered": _NO_CONFIGS,
    "enforce-foreign": _NO_CONFIGS,
    "enforce-revoked": _NO_CONFIGS,
    "enforce-expired": _NO_CONFIGS,
    "enforce-recompressed": _NO_CONFIGS,
    "enforce-renamed": _NO_CONFIGS,
    "enforce-reordered": _NO_CONFIGS,
    "enforce-file-added": _NO_CONFIGS,
    "enforce-signed-dry-run": _NO_CONFIGS,
    "enforce-signed-create": _NO_CONFIGS,
    "version-keeps-signer": _NO_CONFIGS,
    "warn-unsigned": _NO_CONFIGS,
    "warn-tampered": _NO_CONFIGS,
    "warn-foreign": _NO_CONFIGS,
    "warn-revoked": _NO_CONFIGS,
    # -- code
    "create-without-update-status": "answers a LastUpdateStatus",
    "dry-run-writes-nothing": "deploys the code",
    "dry-run-keeps-revision": "deploys the code",
    "update-in-progress": "State is Pending during an update",
    "update-while-in-progress": _NEVER_BUSY,
    "configuration-while-in-progress": _NEVER_BUSY,
    "code-while-configuration-in-progress": _NEVER_BUSY,
    "revision-rotates-when-settled": "the RevisionId stays when an update settles",
    "revision-stale-text": _OTHER_TEXT,
    "tag-changes-revision": "the RevisionId stays",
    "permission-changes-revision": "the RevisionId stays",
    "s3-no-such-key": _OTHER_TEXT,
    "s3-no-such-bucket": _OTHER_TEXT,
    "location-of-version": "an old version's URL downloads the newest code",
    "zip-file-limit": "has no limit of the zip's size",
    "qualifier-mismatch": _ACCEPTED,
    # -- versions
    "publish-wrong-hash": "publishes",
    "publish-stale-revision": "publishes",
    "publish-stale-revision-text": "publishes",
    "publish-update-revision": "publishes",
    "publish-changes-latest-revision": "the RevisionId of $LATEST stays",
    "version-unknown": "the text has the unqualified ARN",
    "versions-without-state": "lists State and LastUpdateStatus",
    "latest-not-deleted": "deletes the function",
    # -- aliases
    "alias-of-digits": _ACCEPTED,
    "alias-with-dollar": _ACCEPTED,
    "alias-of-base64": _ACCEPTED,
    "alias-create-unknown-version": _ACCEPTED,
    "alias-update-unknown-version": _ACCEPTED,
    "alias-two-weights": _ACCEPTED,
    "alias-weighted-latest": _ACCEPTED,
    "alias-weight-too-big": _ACCEPTED,
    "alias-latest-with-weights": _ACCEPTED,
    "alias-weights-texts": _ACCEPTED,
    "alias-delete-missing": "answers 404",
    "aliases-by-version": "ignores FunctionVersion",
    "alias-duplicate-text": "the text has the name, not the ARN",
    "alias-stale-revision-text": _OTHER_TEXT,
    "alias-get-missing": _OTHER_TEXT,
    "alias-qualifier": "FunctionArn ends in the number",
    "alias-qualifier-missing": "the text has the unqualified ARN",
    # -- other
    "policy-per-qualifier": "an alias' permission stands in the function's policy too",
    "policy-none": "answers an empty policy",
    "policy-on-latest": _ACCEPTED,
    "permission-stale-revision": "ignores RevisionId",
    "resource-policy": "has no such operation of Lambda",
    "resource-policy-replaces": "has no such operation of Lambda",
    "invoke-destination-none": "the text has the name, not the ARN",
    "throttled": "cannot be made to throttle",
    "codedeploy-application": "has no CodeDeploy",
}
