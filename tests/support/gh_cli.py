"""As much of `gh` as our pages use: `gh workflow run FILE -R OWNER/NAME -f NAME=VALUE ...`.

The workflow is the one in examples/; its inputs are checked as GitHub checks them, and its step
with our action is run, as a process, with what `${{ inputs.* }}` stands for.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    """Runs the workflow's step; its exit code."""
    if arguments[:2] != ["workflow", "run"]:
        sys.exit(f"gh does not know {arguments[:2]}")
    _, _, name, *rest = arguments
    workflow: dict[Any, Any] = yaml.safe_load((ROOT / "examples" / name).read_text("utf-8"))
    declared: dict[str, Any] = workflow[True]["workflow_dispatch"]["inputs"]
    given = dict[str, str]()
    for option, value in zip(rest[::2], rest[1::2], strict=True):
        if option == "-f":
            key, _, given[key] = value.partition("=")
        elif option != "-R":
            sys.exit(f"unknown flag: {option}")
    if unknown := given.keys() - declared.keys():
        sys.exit(f"HTTP 422: Unexpected inputs provided: {sorted(unknown)}")
    values = {n: given.get(n, one.get("default", "")) for n, one in declared.items()}
    if missing := [n for n, one in declared.items() if one.get("required") and not values[n]]:
        sys.exit(f"HTTP 422: Required input {missing} not provided")
    (job,) = workflow["jobs"].values()
    inputs: dict[str, str] = job["steps"][-1]["with"]
    env = {
        f"INPUT_{n.upper()}": re.sub(
            r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: values[m[1]], str(text)
        )
        for n, text in inputs.items()
    }
    action = [sys.executable, "-I", str(ROOT / "entrypoint.py")]
    return subprocess.run(action, env=os.environ | env, check=False).returncode
