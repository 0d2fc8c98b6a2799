"""SARIF as its own judges see it: Microsoft's validator with GitHub's rules, and the schema."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from typing import TYPE_CHECKING, Any, Final

from jsonschema import Draft202012Validator

from tests.support.node import NODE, module

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PLATFORM: Final = "@microsoft/sarif-multitool-linux"


def ingestion_faults(paths: Sequence[Path], into: Path) -> list[str]:
    """What GitHub's code scanning would object to in the files: "file: level rule: text" each.

    The tool ends with 0 whatever it finds; the judgement is its own log.

    Args:
        paths: The SARIF files.
        into: An empty folder for the log.
    """
    start, program = module("@microsoft/sarif-multitool") / "bin.js", module(_PLATFORM)
    (program / "Sarif.Multitool").chmod(0o755)  # npm would, by the script that we do not run
    log = into / "validation.sarif"
    options = ("--rule-kind", "Ghas", "--level", "Error;Warning;Note", "--output", str(log))
    words = ("validate", *map(str, paths), *options)
    done = subprocess.run(
        [NODE, start, *map(shlex.quote, words)],  # the script hands them to a shell as they are
        env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    [run] = json.loads(log.read_text("utf-8-sig"))["runs"]
    assert f"Done. {len(paths)} files scanned." in done.stdout
    return [_fault(result) for result in run["results"]]


def _fault(result: dict[str, Any]) -> str:
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"].get("uri", "")
    text = ", ".join(result["message"].get("arguments", [])) or result["message"].get("text", "")
    level = result.get("level", "warning")
    return f"{uri.rpartition('/')[2]}: {level} {result['ruleId']}: {text}"


def schema_faults(log: object) -> list[str]:
    """Where the log is not of SARIF's JSON schema."""
    schema = json.loads((module(_PLATFORM) / "sarif-2.1.0.json").read_text("utf-8-sig"))
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{e.json_path}: {e.message}" for e in validator.iter_errors(log)]
