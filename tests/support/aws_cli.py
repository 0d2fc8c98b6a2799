"""As much of the AWS CLI as our pages use: `aws SERVICE OPERATION --OPTION VALUE ...`.

Operations and options are those of botocore's models, values are checked by botocore: a line that
AWS's own CLI would not take fails here too. It talks to SANDBOX_URL alone.

Source of the forms: https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import botocore.session
import jmespath
from botocore import xform_name

if TYPE_CHECKING:
    from collections.abc import Iterator


def main(arguments: list[str]) -> None:
    """Runs one command, prints its answer."""
    service, operation, *rest = arguments
    client: Any = botocore.session.Session().create_client(
        service,
        region_name=os.environ["AWS_REGION"],
        endpoint_url=os.environ["SANDBOX_URL"],
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    models = {xform_name(n, "-"): n for n in client.meta.service_model.operation_names}
    model = client.meta.service_model.operation_model(models[operation])
    options = {f"--{xform_name(n, '-')}": n for n in model.input_shape.members}
    given, query, output = dict[str, Any](), "@", "json"
    for option, value in _pairs(rest):
        match option:
            case "--query":
                query = value
            case "--output":
                output = value
            case _:
                name = options[option]
                given[name] = _parsed(model.input_shape.members[name], value)
    answer = getattr(client, xform_name(models[operation]))(**given)
    answer.pop("ResponseMetadata")
    _show(jmespath.search(query, answer), output)


def _pairs(rest: list[str]) -> Iterator[tuple[str, str]]:
    if len(rest) % 2:
        sys.exit(f"an option without a value: {rest}")
    yield from zip(rest[::2], rest[1::2], strict=True)


def _parsed(shape: Any, value: str) -> Any:  # noqa: ANN401 - botocore's shapes, any value
    if shape.type_name == "structure":
        name, _, inner = value.partition("=")
        return {name: _parsed(shape.members[name], inner)}
    if shape.type_name in {"map", "list"}:
        return json.loads(value)
    return {"integer": int, "boolean": json.loads}.get(shape.type_name, str)(value)


def _show(found: Any, output: str) -> None:  # noqa: ANN401 - any JSON
    if output == "json":
        sys.stdout.write(json.dumps(found, indent=4, default=str) + "\n")
        return
    rows = found if isinstance(found, list) and found and isinstance(found[0], list) else [found]
    for row in rows:
        sys.stdout.write("\t".join(map(str, row if isinstance(row, list) else [row])) + "\n")
