"""A case as it stands in `cases/NAME/case.yaml`: the world, the run, what must hold afterwards.

May import PyYAML. Strict: a key that is not known is an error of the case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CASES: Final = Path(__file__).parent / "cases"
Must = Literal["refuse", "release", "keep", "return", "safe"]
"""What must hold after the run.

"refuse": it fails, and callers get what they got before, or what others gave them meanwhile;
"release": it ends well, and callers get the source's files under the same configuration;
"keep": it ends well, wrote nothing, and callers get what they got before;
"return": it ends well, and callers get the files of the release that `to-release` names;
"safe": "refuse" or "release", as the tool likes.
"""
Command = Literal["deploy", "rollback", "promote"]
FEATURES: Final = frozenset(
    {
        "alias",
        "signing",
        "rollback",
        "promote",
        "zip",
        "expected-hash",
        "smoke",
        "review",
        "accounts",
        "bucket",
        "existing-only",
    }
)
"""What a case may need of a tool; one that does not offer it is not judged by the case."""
_KEYS: Final = frozenset(
    {
        "why",
        "threat",
        "must",
        "needs",
        "command",
        "inputs",
        "environment",
        "event",
        "source",
        "given",
        "during",
        "faults",
        "to-release",
        "runs",
        "writes",
        "without",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case.

    Attributes:
        name: Of its folder.
        why: What happens, and why it matters, in a sentence.
        threat: Number of the threat that it is an example of, "" for none.
        needs: Features without which a tool cannot be judged.
        inputs: Beyond the usual ones, in the kit's own words (see tools).
        environment: Variables of the job.
        event: The event that started the run; None is a push.
        source: `files` (text by name), `links`, `make` (a name in sources), `zip` (likewise).
        given: Acts before the run, in order.
        during: Acts just before the `nth` call of an operation.
        faults: What goes wrong between tool and AWS.
        runs: How often the tool is run, one after the other; the last run is judged.
        writes: "none": no call that writes may have been made; "alias": UpdateAlias at most.
        without: Names that callers must not get.
    """

    name: str
    why: str
    must: Must
    threat: str = ""
    command: Command = "deploy"
    needs: frozenset[str] = frozenset()
    inputs: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    event: Mapping[str, Any] | None = None
    source: Mapping[str, Any] = field(default_factory=dict)
    given: Sequence[Mapping[str, Any]] = ()
    during: Sequence[Mapping[str, Any]] = ()
    faults: Sequence[Mapping[str, Any]] = ()
    to_release: int = 0
    runs: int = 1
    writes: Literal["any", "none", "alias"] = "any"
    without: Sequence[str] = ()


def read_case(folder: Path) -> Case:
    """The case in a folder.

    Raises:
        ValueError: A key, a feature or a verdict that the kit does not know.
    """
    raw: dict[str, Any] = yaml.safe_load((folder / "case.yaml").read_text(encoding="utf-8"))
    unknown = set(raw) - _KEYS
    needs = frozenset(raw.pop("needs", ()))
    if unknown or not needs <= FEATURES or raw["must"] not in get_args(Must):
        raise ValueError(
            f"{folder.name}: {unknown or needs - FEATURES or raw['must']} is not known"
        )
    raw["to_release"] = raw.pop("to-release", 0)
    return Case(name=folder.name, needs=needs, **raw)


def all_cases() -> list[Case]:
    """Every case, by name."""
    return [read_case(path.parent) for path in sorted(CASES.glob("*/case.yaml"))]
