"""Reports that are hard to show: text that tries to be more, or is longer than a screen."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from signed_lambda.errors import Problem
from signed_lambda.model import LeftOut
from signed_lambda.report.model import Comparison, FileChange, Link
from tests.unit.report.cases import BUILD, CASES, LOOP, PACKAGE, TO_S3, report

LABELS: Final = (
    '"]; click n0 "https://evil.example"',
    "<img src=https://evil.example/x onerror=alert(1)>",
    "</span><b>bold</b> **bold** `code` _it_",
    '%%{init: {"theme": "forest"}}%% %% gone',
    "n0 --> n1; end",
    "1. first",
    "- item",
    "# heading #quot; #35; &lt;",
    "@acme/all GH-1 #1 $x^2$ :tada:",
    "\\n \\u0041 {curly} (round) [square] |pipe|",
)
"""Of diagrams: each has to be drawn as it stands here."""

_LONG: Final = "W" * 60
_DEEP: Final = "/".join(["a_folder_with_a_long_name"] * 11) + ".py"
_UNBROKEN: Final = "x" * 300 + ".py"
_EVIL: Final = (
    "![x](https://evil.example/x.png) [y](javascript:alert(1)) @acme/all #1 | <b>b</b> a@b.cc"
)

_COMPARISON: Final = CASES["findings"].comparison or Comparison(
    version="41", files=(), same_files=0, configuration=()
)

HOSTILE: Final = {
    "markup": replace(
        CASES["findings"],
        findings=(
            replace(
                LOOP,
                path=f"src/{_EVIL}.py",
                message=_EVIL,
                cycle=(*LABELS, LABELS[0]),
                evidence=(_EVIL, "`" + _EVIL, "```\n" + _EVIL),
                fix=_EVIL,
            ),
        ),
        problems=(Problem("E-SIGNATURE-41", _EVIL, _EVIL),),
        warnings=(_EVIL,),
        comparison=replace(_COMPARISON, files=(FileChange(_EVIL, 1, 2),)),
        package=replace(PACKAGE, left_out=(LeftOut(_EVIL, "secret"),), notes=(_EVIL,)),
    ),
    "long": replace(
        CASES["findings"],
        function_name="f" * 64,
        alias="a" * 100,
        findings=(
            replace(LOOP, path=_DEEP, cycle=(_LONG, "orders", _LONG), evidence=(_UNBROKEN,)),
        ),
        problems=(Problem("E-SIGNATURE-41", _UNBROKEN, _DEEP),),
        warnings=(_UNBROKEN,),
        comparison=replace(
            _COMPARISON,
            files=(FileChange(_UNBROKEN, 1, None), FileChange(_DEEP, None, 9_999_999)),
        ),
        package=replace(
            PACKAGE, left_out=(LeftOut(_DEEP, "pattern"), LeftOut(_UNBROKEN, "secret"))
        ),
        links=(*TO_S3, Link(name=_UNBROKEN, sha256=BUILD, equals=_DEEP)),
    ),
    "long names, deployed": report(
        function_name="f" * 64,
        alias="a" * 100,
        links=(
            *TO_S3,
            Link(name="Code behind alias '" + "a" * 100 + "'", sha256=BUILD, equals="x"),
        ),
    ),
    "large loop": replace(
        CASES["findings"],
        findings=(
            replace(LOOP, cycle=(*(f"SQS queue {i:02}" for i in range(12)), "SQS queue 00")),
        ),
    ),
    "folded loop": replace(CASES["findings"], findings=(replace(LOOP, severity="medium"),)),
}
"""By what is wrong with them."""
