"""The record of a move for auditors: an in-toto statement.

After a deploy its predicate is SLSA provenance. SLSA says where the zips came from; what SLSA has
no words for, the deployment, stands beside it in a member of its own whose name is a URI, as
in-toto wants extensions. A rollback or a promotion builds nothing: there the deployment is the
predicate.
Nobody signs it here: it says what this run saw and checked, and a later step can have it signed
(docs/provenance.md).

Pure: imports lazy, and model and the report's model for types only.
Source: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md,
https://slsa.dev/spec/v1.0/provenance
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from datetime import datetime

    from signed_lambda.model import Sha256
    from signed_lambda.report.model import CameFrom, Run

STATEMENT: Final = "https://in-toto.io/Statement/v1"
SLSA: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "urn:signed-lambda-deploy:build:1"
BUILDER: Final = "urn:signed-lambda-deploy:action"
DEPLOYMENT: Final = "urn:signed-lambda-deploy:deployment:1"
"""docs/provenance.md says what each means; a change of meaning is another number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A version that an alias was read back to run.

    Attributes:
        command: "deploy", "rollback" or "promote".
        reason: As the user gave it.
        function_arn: Unqualified.
        previous: The alias' version before, "" when the move made the alias.
        build: Of the zip that was packed; None where the version carries no record of it.
        code: Of the zip that runs, CodeSha256: the signed one, or the build itself.
        configuration: Of the configuration alone.
        content: Of code and configuration: the hash in the hash alias' name.
        hash_alias: Its name, "" where none was made.
        signing_job_arn, profile_version_arn: As Lambda recorded them, None when unsigned.
        came_from: Where the code was promoted from, when that is another function.
        run, attempt: That moved the alias.
    """

    command: str
    reason: str
    function_arn: str
    alias: str
    version: str
    previous: str
    build: Sha256 | None
    code: Sha256
    configuration: Sha256
    content: Sha256
    hash_alias: str
    signing_job_arn: str | None
    profile_version_arn: str | None
    came_from: CameFrom | None
    run: int
    attempt: int


def statement(released: Released, run: Run, action_version: str, at: datetime) -> str:
    """The statement as JSON of one form: members in this order, a line break at the end.

    Args:
        released: What was released.
        run: Of the workflow; outside of GitHub its members are empty and left out.
        action_version: Of this action.
        at: When the alias had been read back, UTC.
    """
    name = released.function_arn.rpartition(":")[2]
    subjects = [_subject(f"{name}/{released.version}.zip", released.code)]
    if released.build is not None and released.build != released.code:
        subjects.append(_subject(f"{name}/{released.version}-unsigned.zip", released.build))
    built = released.command == "deploy"
    whole = {
        "_type": STATEMENT,
        "subject": subjects,
        "predicateType": SLSA if built else DEPLOYMENT,
        "predicate": _slsa(released, run, action_version, at)
        if built
        else {
            **_deployment(released),
            "run": _given(
                repository=run.repository,
                workflow=run.workflow,
                event=run.event,
                actor=run.actor,
                commit=run.commit,
            ),
            "action": {"id": BUILDER, "version": action_version},
            "metadata": _metadata(released, run, at),
        },
    }
    return json.dumps(whole, indent=2) + "\n"


def _slsa(released: Released, run: Run, action_version: str, at: datetime) -> dict[str, object]:
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": _given(
                repository=run.repository, commit=run.commit, workflow=run.workflow
            ),
            "internalParameters": _given(event=run.event, actor=run.actor),
            "resolvedDependencies": _source(run),
        },
        "runDetails": {
            "builder": {"id": BUILDER, "version": {"signed-lambda-deploy": action_version}},
            "metadata": _metadata(released, run, at),
        },
        DEPLOYMENT: _deployment(released),
    }


def _metadata(released: Released, run: Run, at: datetime) -> dict[str, str]:
    return _given(invocationId=_invocation(released, run), finishedOn=f"{at:%Y-%m-%dT%H:%M:%SZ}")


def predicate(text: str) -> str:
    """The predicate of a statement, as actions/attest takes it."""
    return json.dumps(json.loads(text)["predicate"], indent=2) + "\n"


def checksums(text: str) -> str:
    """The subjects of a statement as `sha256sum` prints them."""
    subjects = json.loads(text)["subject"]
    return "".join(f"{s['digest']['sha256']}  {s['name']}\n" for s in subjects)


def _subject(name: str, sha256: Sha256) -> dict[str, object]:
    return {"name": name, "digest": {"sha256": sha256.hex}}


def _deployment(released: Released) -> dict[str, object]:
    signing = {
        "job": released.signing_job_arn or "",
        "profileVersion": released.profile_version_arn or "",
    }
    origin = released.came_from
    return {
        "kind": released.command,
        "reason": released.reason,
        "from": None
        if origin is None
        else {
            "function": origin.function_arn,
            "version": origin.version,
            "alias": origin.alias,
        },
        "function": released.function_arn,
        "version": released.version,
        "alias": {"name": released.alias, "before": released.previous, "after": released.version},
        "codeSha256": {"hex": released.code.hex, "base64": released.code.b64},
        "buildSha256": released.build.hex if released.build else "",
        "configSha256": released.configuration.hex,
        "codeAndConfigSha256": released.content.hex,
        "hashAlias": released.hash_alias,
        "signing": signing if released.signing_job_arn else None,
    }


def _source(run: Run) -> list[dict[str, object]]:
    if not (run.server_url and run.repository and run.commit):
        return []
    uri = f"git+{run.server_url}/{run.repository}@{run.commit}"
    return [{"uri": uri, "digest": {"gitCommit": run.commit}}]


def _invocation(released: Released, run: Run) -> str:
    if not (run.server_url and run.repository and released.run):
        return ""
    place = f"{run.server_url}/{run.repository}/actions/runs/{released.run}"
    return f"{place}/attempts/{released.attempt}"


def _given(**members: str) -> dict[str, str]:
    return {name: value for name, value in members.items() if value}
