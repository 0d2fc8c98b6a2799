"""A tree has one hash for each compression, on any kind of CPU."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final, get_args

import pytest
from trees import GOLDEN, Place, golden

from signed_lambda.model import Compression
from tests.promises.modules import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CPUS: Final = ("qemu64", "Nehalem", "Haswell", "max")
"""SSE2 alone; SSE4.2 and no carry-less multiplication; AVX2 and BMI2; all that qemu knows."""
SCRIPT: Final = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from signed_lambda.package import pack
w, i = map(Path, sys.argv[2:])
print(json.dumps({
    c: pack(Path('dist'), workspace=w, into=i, compression=c).sha256.hex
    for c in ('fast', 'default', 'small')
}))
"""


@pytest.mark.parametrize("compression", get_args(Compression))
def test_the_golden_tree_has_its_hash(place: Place, compression: Compression) -> None:
    golden(place)

    package = place.pack(compression=compression)

    assert package.sha256.hex == GOLDEN[compression]


def test_the_report_names_codec_library_level_and_setting(place: Place) -> None:
    place.fill({"a": b"x"})

    told = [place.pack(compression=c).codec for c in get_args(Compression)]

    assert told == [
        "libdeflate via deflate 0.9.0, level 1, fast",
        "libdeflate via deflate 0.9.0, level 5 (4 for texts from 64 KiB, 1 below 8 KiB), default",
        "libdeflate via deflate 0.9.0, level 8, small",
    ]


def emulator() -> str:
    """The program that runs this Python on another CPU; else skips, and in CI fails."""
    found = shutil.which("qemu-x86_64") or shutil.which("qemu-x86_64-static")
    if platform.machine() != "x86_64":
        pytest.skip("the CPU types are those of x86_64")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs qemu-x86_64 (Debian's qemu-user)")
        pytest.skip("no qemu-x86_64 (Debian's qemu-user)")
    return found


def test_every_kind_of_cpu_gives_the_same_bytes(place: Place, tmp_path: Path) -> None:
    golden(place)
    qemu = emulator()
    running = []
    for cpu in CPUS:
        into = tmp_path / cpu
        into.mkdir()
        command = [qemu, "-cpu", cpu, sys.executable, "-I", "-c", SCRIPT, str(ROOT / "src")]
        running.append(
            subprocess.Popen(
                [*command, str(place.workspace), str(into)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        )

    printed = [run.communicate() for run in running]

    assert [run.returncode for run in running] == [0] * len(CPUS), printed
    assert [json.loads(out) for out, _ in printed] == [GOLDEN] * len(CPUS)
