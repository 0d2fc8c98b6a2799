"""The fuzzers' targets hold on all their seeds: a change that breaks one is seen at once."""

from __future__ import annotations

import importlib
import pkgutil
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fuzz import targets
from fuzz.shared import joined, split

if TYPE_CHECKING:
    from fuzz.engine import Target

ROOT = Path(__file__).parents[3]
NAMES = [module.name for module in pkgutil.iter_modules(targets.__path__)]


@pytest.fixture(params=NAMES)
def target(request: pytest.FixtureRequest) -> Target:
    """Each target in turn."""
    found: Target = importlib.import_module(f"fuzz.targets.{request.param}")
    return found


def test_every_seed_of_a_target_passes_and_fits(target: Target) -> None:
    seeds = [*target.seeds()]

    assert seeds
    for seed in seeds:
        assert len(seed) <= target.MAX_BYTES
        target.check(seed)


def test_seeds_changed_by_the_targets_own_mutations_pass(target: Target) -> None:
    mutated = getattr(target, "mutated", lambda data, _: data[1:])
    chance = random.Random(7)

    for seed in [*target.seeds()][:60]:
        target.check(mutated(seed, chance)[: target.MAX_BYTES])


def test_files_of_a_text_come_back() -> None:
    files = {"app.py": "a = 1\n", "lib/template.yaml": "Resources: {}\n"}

    assert split(joined(files)) == {name: text.encode() for name, text in files.items()}


def test_targets_need_no_package_that_the_fuzzers_do_not_install() -> None:
    code = f"""
import importlib, importlib.metadata, sys
before = set(sys.modules)
for name in {NAMES}:
    importlib.import_module("fuzz.targets." + name)
known = importlib.metadata.packages_distributions()
tops = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(*{{distribution for top in tops for distribution in known.get(top, ())}})
"""
    path = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}

    used = subprocess.run(
        [sys.executable, "-c", code], env=path, capture_output=True, text=True, check=True
    ).stdout

    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements/fuzz.txt").read_text(), re.MULTILINE)
    spelled = {name.lower().replace("_", "-") for name in used.split()}
    assert spelled <= {name.lower() for name in locked}
