"""Values of CloudFormation: references, joins and substitutions, in the long and the short form.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from signed_lambda.lazy import regex
from signed_lambda.scan.values import UNSEEN, Lit, Ref, Str, joined, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signed_lambda.scan.infra.document import Tree
    from signed_lambda.scan.values import Atom

SUBSTITUTION: Final = regex(r"\$\{(!?)([^{}]*+)\}")


def value_of(tree: Tree, reference: Callable[[str, str], Atom]) -> Str:
    """A value with its intrinsic functions, in the long and in the short form."""
    tag, given = tree.tag.removeprefix("!"), tree
    if not tag and len(tree.table) == 1:
        [(key, member)] = tree.table.items()
        if key == "Ref" or key.startswith("Fn::"):
            tag, given = key.removeprefix("Fn::"), member
    if not tag:
        return text(tree.text) if isinstance(tree.value, str) else UNSEEN
    found = _INTRINSICS.get(tag)
    return found(given, reference) if found is not None else UNSEEN


def _ref(given: Tree, reference: Callable[[str, str], Atom]) -> Str:
    return Str((reference(given.text, ""),))


def _get_att(given: Tree, reference: Callable[[str, str], Atom]) -> Str:
    name, _, attribute = given.text.partition(".")
    if not given.text and len(given.items) > 1:
        name, attribute = given.items[0].text, given.items[1].text
    return Str((reference(name, attribute),))


def _sub(given: Tree, reference: Callable[[str, str], Atom]) -> Str:
    template = given.text or (given.items[0].text if given.items else "")
    own = given.items[1].table if not given.text and len(given.items) > 1 else {}
    parts: list[Str] = []
    end = 0
    for hole in SUBSTITUTION.finditer(template):
        parts.append(text(template[end : hole.start()]))
        end = hole.end()
        name, _, attribute = hole[2].partition(".")
        if hole[1]:
            parts.append(text(f"${{{hole[2]}}}"))
        elif hole[2] in own:
            parts.append(value_of(own[hole[2]], reference))
        else:
            parts.append(Str((reference(name, attribute),)))
    return joined((*parts, text(template[end:])))


def _join(given: Tree, reference: Callable[[str, str], Atom]) -> Str:
    if len(given.items) < 2:  # noqa: PLR2004 - a separator and a list
        return UNSEEN
    between = text(given.items[0].text)
    parts: list[Str] = []
    for item in given.items[1].items:
        parts += [between, value_of(item, reference)] if parts else [value_of(item, reference)]
    return joined(tuple(parts))


def _import(given: Tree, reference: Callable[[str, str], Atom]) -> Str:
    inner = value_of(replace(given, tag=""), reference)
    return Str((Ref(f"import:{inner.literal or id(given)}"),))


def _if(given: Tree, reference: Callable[[str, str], Atom]) -> Str:
    for option in given.items[1:]:
        if option.text != "AWS::NoValue" and option.get("Ref").text != "AWS::NoValue":
            return value_of(option, reference)
    return UNSEEN


def opened(value: Str) -> tuple[str, dict[str, Str]]:
    """A text with `${name}` in place of each reference, and what stands for the names."""
    holes = [Str((atom,)) for atom in value.atoms if not isinstance(atom, Lit)]
    names = iter(range(len(holes)))
    parts = (a.text if isinstance(a, Lit) else f"${{hole-{next(names)}}}" for a in value.atoms)
    return "".join(parts), {f"hole-{place}": hole for place, hole in enumerate(holes)}


def put_in(template: str, given: Mapping[str, Str]) -> Str:
    """A text with its `${name}` filled in; what nobody gives is a name of its own."""
    parts: list[Str] = []
    end = 0
    for hole in SUBSTITUTION.finditer(template):
        found = given.get(hole[2].strip(), Str((Ref(f"param:{hole[2]}"),)))
        parts += [text(template[end : hole.start()]), found]
        end = hole.end()
    return joined((*parts, text(template[end:])))


_INTRINSICS: Final[dict[str, Callable[[Tree, Callable[[str, str], Atom]], Str]]] = {
    "Ref": _ref,
    "GetAtt": _get_att,
    "Sub": _sub,
    "Join": _join,
    "ImportValue": _import,
    "If": _if,
}
