"""Parsers of values that are not AWS's: switches, words, numbers, lines, hashes, rollback targets.

Pure: imports `model` and its siblings `bad`, `spelling`, `values`. Each parser takes a value that
is not empty and holds no hidden character (lists check that line by line), and returns it typed.
Each raises `BadValueError` and nothing else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

from signed_lambda.inputs.bad import BadValueError
from signed_lambda.inputs.spelling import BLANKS, character, first_hidden, listed, nearest, shown
from signed_lambda.inputs.values import (
    CodeTarget,
    HashAliasTarget,
    Previous,
    Target,
    VersionTarget,
)
from signed_lambda.lazy import regex
from signed_lambda.model import Sha256, Version

if TYPE_CHECKING:
    from collections.abc import Callable

    from signed_lambda.inputs.commands import CommandName

W = TypeVar("W", bound=str)

REASON_CHARACTERS: Final = 200
"""Lambda keeps 256 characters of an alias description; the rest names the run and the version."""

_HEX: Final = regex(r"[0-9a-fA-F]+")
_NUMBER: Final = regex(r"[1-9][0-9]{0,17}")
_REPOSITORY: Final = regex(r"[A-Za-z0-9-]{1,39}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_WORKFLOW: Final = regex(
    r"[A-Za-z0-9-]{1,39}/(?!\.{1,2}/)[A-Za-z0-9._-]{1,100}/\.github/workflows/[^/@]+\.ya?ml"
)
_REF: Final = regex(r"refs/(?:heads|tags)/.+|[0-9a-f]{40}")
_HASH_TARGET: Final = regex(r"(sha256:|HASH-)([0-9a-fA-F]+)")
_SHA256_FORMS: Final = "Give 64 hex digits, as `sha256sum` prints, or 44 characters of base64"
_TARGET_FORMS: Final = (
    "Give `previous`, a version number, sha256:<64 hex digits> (the version's code) or "
    "HASH-<64 hex digits> (a hash alias)"
)


def boolean(text: str) -> bool:
    """`true` or `false`; YAML's other spellings are refused, because the runner passes them on."""
    if text in ("true", "false"):
        return text == "true"
    raise BadValueError("is neither true nor false", "Write true or false")


def choice(words: tuple[W, ...], kind: str = "a known word") -> Callable[[str], W]:
    """A parser that takes exactly these words.

    Args:
        words: As written in a workflow.
        kind: What they are, for the message.
    """

    def parse(text: str) -> W:
        for word in words:
            if text == word:
                return word
        near = nearest(text, words)
        hint = f"; nearest: {near}" if near else ""
        raise BadValueError(f"is not {kind}", f"Use {listed(words)}{hint}")

    return parse


def command_name(words: tuple[CommandName, ...]) -> Callable[[str], CommandName]:
    """A parser of the command; as `choice`, and knows what other tools call the commands."""
    others: Final[dict[str, CommandName]] = {
        "dry-run": "plan",
        "preview": "plan",
        "release": "deploy",
        "publish": "deploy",
        "revert": "rollback",
        "undo": "rollback",
        "check": "verify",
        "lint": "scan",
    }
    strict = choice(words, "a command")

    def parse(text: str) -> CommandName:
        other = others.get(text.casefold())
        if other:
            raise BadValueError("is not a command", f"Use {listed(words)}; nearest: {other}")
        return strict(text)

    return parse


def whole_number(low: int, high: int, unit: str) -> Callable[[str], int]:
    """A parser of a whole number from low to high, written in digits alone.

    Args:
        low: Least value taken, at least 1.
        high: Greatest value taken.
        unit: For the message: "minutes".
    """

    def parse(text: str) -> int:
        if _NUMBER.fullmatch(text) and low <= int(text) <= high:
            return int(text)
        raise BadValueError(
            f"is not a whole number of {unit} between {low:,} and {high:,}",
            f"Use digits alone, for example {max(low, min(15, high))}",
        )

    return parse


def pull_request(text: str) -> int:
    """The number of a pull request."""
    if _NUMBER.fullmatch(text) and int(text) < 2**31:
        return int(text)
    inside = re.search(r"(?:#|/pull/)([1-9][0-9]{0,8})(?![0-9])", text)
    do = f"Write {inside[1]} alone" if inside else "Use digits alone, for example 42"
    raise BadValueError("is not a pull request's number", do)


def path(text: str) -> str:
    """A path, as written; whether it exists and lies in the workspace is asked later."""
    if "\\" in text:
        raise BadValueError(
            f"has a backslash at position {text.index(chr(92)) + 1}", "Separate folders with /"
        )
    return text


def reason(text: str) -> str:
    """A sentence of a person."""
    if len(text) > REASON_CHARACTERS:
        raise BadValueError(
            f"is longer than the {REASON_CHARACTERS} characters that are kept with the alias",
            "Shorten it; a link to the longer text serves well",
        )
    return text


def repository(text: str) -> str:
    """A repository of GitHub, "owner/name"."""
    if _REPOSITORY.fullmatch(text):
        return text
    inside = re.match(r"(?:https?://)?github\.com/([^/]+/[^/]+?)(?:\.git)?/?$", text)
    raise BadValueError(
        "is not a repository of GitHub",
        f"Write {inside[1]}"
        if inside
        else "Write owner/name: ${{ github.repository }} is this one",
    )


def workflow(text: str) -> str:
    """A workflow file of a repository, with "@" and a full ref or without."""
    file, at, ref = text.partition("@")
    if not _WORKFLOW.fullmatch(file):
        raise BadValueError(
            "is not a workflow file of a repository",
            "Write owner/name/.github/workflows/file.yml, and behind it @refs/heads/main where"
            " only that branch may",
        )
    if at and not _REF.fullmatch(ref):
        raise BadValueError(
            f"has {shown(ref)} behind @, which is no full ref",
            "Write @refs/heads/<branch>, @refs/tags/<tag>, or the 40 digits of a commit",
        )
    return text


def token(text: str) -> str:
    """A token; only what no token can hold is refused, and nothing of it is shown."""
    for index, char in enumerate(text):
        if not "!" <= char <= "~":
            raise BadValueError(
                f"holds a blank, or a letter that tokens do not have, at position {index + 1}",
                "Pass the token alone: ${{ github.token }}",
            )
    return text


def lines(text: str) -> tuple[str, ...]:
    """One value a line; empty lines and lines that begin with # are left out.

    Blanks at the ends of a line are trimmed, as .gitignore does, but not a blank behind a
    backslash, which is part of the pattern.

    Source: https://git-scm.com/docs/gitignore#_pattern_format
    """
    found: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        kept = line.lstrip(BLANKS)
        trimmed = kept.rstrip(BLANKS)
        if trimmed.endswith("\\") and len(kept) > len(trimmed) and kept[len(trimmed)] == " ":
            trimmed += " "
        if not trimmed or trimmed.startswith("#"):
            continue
        hidden = first_hidden(trimmed, free_text=False)
        if hidden is not None:
            raise BadValueError(
                f"has {character(trimmed[hidden])} at position {hidden + 1}",
                "Remove it; write one value a line",
                value=trimmed,
                place=f"line {number}",
                id_="E-INPUT-05",
            )
        found.append(trimmed)
    return tuple(found)


def sha256(text: str) -> Sha256:
    """A SHA-256 in hex (either case) or in base64."""
    if _HEX.fullmatch(text) and len(text) != 44:  # noqa: PLR2004 - 44 could still be base64
        return _sha256_hex(text)
    if text.casefold().startswith("sha256:"):
        raise BadValueError("has a prefix", f"Leave out {shown(text[:7])}; write the digits alone")
    if text.startswith("HASH-"):
        raise BadValueError(
            "is a hash alias: a hash of code and configuration, not of the zip", _SHA256_FORMS
        )
    try:
        return Sha256.from_b64(text)
    except ValueError:
        raise BadValueError(_not_base64(text), _SHA256_FORMS) from None


def _sha256_hex(text: str) -> Sha256:
    if len(text) != 64:  # noqa: PLR2004 - a SHA-256 has 64 hex digits
        raise BadValueError(
            f"has {len(text)} hex digits, needs 64 (or 44 base64 characters)", _SHA256_FORMS
        )
    return Sha256.from_hex(text.lower())


def _not_base64(text: str) -> str:
    foreign = re.search(r"[^A-Za-z0-9+/=]", text)
    if foreign:
        where = f"has {character(foreign[0])} at position {foreign.start() + 1}"
        return f"{where}, which neither hex nor base64 has"
    if len(text) != 44:  # noqa: PLR2004 - 32 bytes are 44 characters of base64
        return f"has {len(text)} characters; base64 of a SHA-256 has 44, hex has 64"
    return "has 44 characters, but is not the base64 of 32 bytes"


def target(text: str) -> Target:
    """What to roll back to."""
    if text == "previous":
        return Previous()
    if _NUMBER.fullmatch(text):
        return VersionTarget(Version(text))
    form = _HASH_TARGET.fullmatch(text)
    if form:
        kind, digits = form.groups()
        if len(digits) != 64:  # noqa: PLR2004 - a SHA-256 has 64 hex digits
            raise BadValueError(f"has {len(digits)} hex digits, needs 64", _TARGET_FORMS)
        if kind == "sha256:":
            return CodeTarget(Sha256.from_hex(digits.lower()))
        return HashAliasTarget(digits.lower())
    raise BadValueError(*_not_a_target(text))


def _not_a_target(text: str) -> tuple[str, str]:
    """What was probably meant: (what is wrong, what to do)."""
    for form, says, do in _MEANT:
        if form.fullmatch(text):
            return says, do.format(shown(text.lstrip("vV0")), text.lower())
    if nearest(text, ["previous"]):
        return "is not a target", "Did you mean `previous`?"
    try:
        as_hex = Sha256.from_b64(text).hex
    except ValueError:
        return "is not a target", _TARGET_FORMS
    return "is a hash in base64", f"Write sha256:{as_hex} for the same code hash"


_MEANT: Final = tuple(
    (regex(form), says, do)
    for form, says, do in (
        (
            r"(?i:\$?latest)",
            "is not a version: $LATEST can change at any time",
            _TARGET_FORMS,
        ),
        (r"0+[1-9][0-9]*", "has a leading zero", "Write {0} if that is the version"),
        (r"[vV][1-9][0-9]*", "is not a version number", "Write {0} if that is the version"),
        (
            r"[0-9a-fA-F]{64}",
            "does not say which hash it is",
            "Write sha256:{1} for a code hash, HASH-{1} for a hash alias",
        ),
        (r"sha256-[0-9a-fA-F]+", "has a hyphen where a code hash has a colon", _TARGET_FORMS),
        (
            r"[-+]?[0-9]+",
            "is not a version number; versions count from 1",
            _TARGET_FORMS,
        ),
        (
            r"(?!(?i:prev))[A-Za-z0-9_-]+",
            "is not a target; is it an alias? `promote` moves to what another alias runs",
            f"{_TARGET_FORMS}; or use command: promote with from-alias",
        ),
    )
)
