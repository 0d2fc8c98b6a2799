"""A bundled AWS SDK that is too old for AWS's recursive-loop detection.

Why: AWS finds loops by a tracing header that the SDK passes on; this one does not, and it takes the
place of the one that Lambda's runtime brings along. AWS then stops no loop of this function.

Bad::

    def handler(event, context):
        return "done"

    # file: botocore-1.21.0.dist-info/METADATA
    Metadata-Version: 2.1
    Name: botocore
    Version: 1.21.0

Good::

    def handler(event, context):
        return "done"

    # file: botocore-1.34.0.dist-info/METADATA
    Metadata-Version: 2.1
    Name: botocore
    Version: 1.34.0

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.report.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signed_lambda.scan.world import World

ID: Final = "REC-SDK"


def check(world: World) -> Iterator[Finding]:
    """The bundled SDKs below the version that AWS names."""
    for sdk in world.sdks:
        yield Finding(
            rule=ID,
            severity="low",
            certainty="certain",
            path=sdk.path,
            line=sdk.line,
            end_line=sdk.line,
            function="",
            message=f"bundled {sdk.name} {sdk.version} does not pass on AWS's tracing header:"
            " AWS's own stop of loops does not work",
            cycle=(),
            evidence=(f"{sdk.path}:{sdk.line} {sdk.text}",),
            guard=None,
            aws_stops=False,
            aws_why="AWS does not stop a loop that goes through this SDK",
            fix=f"Bundle {sdk.minimum} or newer, or leave it out: Lambda's runtime has one",
        )
