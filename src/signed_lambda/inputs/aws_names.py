"""Parsers of AWS's names: functions, aliases, buckets, prefixes, profiles, accounts, regions.

Pure: imports `model` and its siblings; never botocore, which costs the start half a second. Only
the form is judged; whether a thing exists is asked of AWS. Each parser raises `BadValueError` and
nothing else.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from signed_lambda.inputs.bad import BadValueError
from signed_lambda.inputs.plain import lines
from signed_lambda.inputs.spelling import character, counted, nearest, shown
from signed_lambda.inputs.values import FunctionRef
from signed_lambda.lazy import regex
from signed_lambda.model import AliasName, FunctionName

NAME_CHARACTERS: Final = 64
ALIAS_CHARACTERS: Final = 128
PREFIX_BYTES: Final = 900
"""An S3 key has at most 1,024 bytes; we and Signer add up to 124 behind the prefix."""

_CODES: Final = (
    "af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 "
    "ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 "
    "ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 "
    "eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 eusc-de-east-1 "
    "il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 "
    "us-gov-east-1 us-gov-west-1 us-west-1 us-west-2"
)
REGIONS: Final = tuple(_CODES.split())
"""Only to guess what was meant; a region that is not listed is taken. Source: botocore 1.43."""

_LETTERS: Final = "letters, digits, - and _"
_ACCOUNT: Final = regex(r"[0-9]{12}")
_REGION: Final = regex(r"(eusc-)?[a-z]{2}(-gov|-iso[a-z]?)?-[a-z]+-[0-9]{1,2}")
_PARTITION: Final = regex(r"aws(-[a-z]+)*")
_ROLE: Final = regex(
    r"arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/([!-~]{1,510}/)?[\w+=,.@-]{1,64}", re.ASCII
)
_ARN_PARTS: Final = 7
"""arn:partition:lambda:region:account:function:name"""
_PARTIAL_PARTS: Final = 3
"""account:function:name"""
_ARN_FORM: Final = "arn:aws:lambda:<region>:<account>:function:<name>"


def _only(text: str, allowed: str, do: str, place: str = "") -> None:
    """Refuses the first character that is not in the set, by its place.

    Args:
        text: The value.
        allowed: Inside of a regular expression's brackets.
        do: What to write.
        place: Where the value stands, if it is a part.
    """
    foreign = re.search(f"[^{allowed}]", text)
    if foreign:
        says = f"has {character(foreign[0])} at position {foreign.start() + 1}"
        raise BadValueError(says, do, value=text, place=place)


_TO_MOVE: Final = "alias to move goes into the input alias"


def function(text: str, alias_goes: str = _TO_MOVE) -> FunctionRef:
    """A function by its name, its ARN, or its partial ARN (account:function:name).

    Args:
        text: The value.
        alias_goes: Where the alias belongs that somebody wrote behind the name.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html
    """
    if text.startswith("arn:"):
        return _function_arn(text.split(":"), alias_goes)
    parts = text.split(":")
    if len(parts) == 2 and _ACCOUNT.fullmatch(parts[0]):  # noqa: PLR2004 - account:name
        raise BadValueError(
            "lacks ':function:' between account and name",
            f"Write {shown(f'{parts[0]}:function:{parts[1]}')} if that was meant",
        )
    if len(parts) >= _PARTIAL_PARTS and _ACCOUNT.fullmatch(parts[0]) and parts[1] == "function":
        _no_qualifier(parts[_PARTIAL_PARTS:], alias_goes)
        return FunctionRef(name=_function_name(parts[2], "in the ARN"), account=parts[0])
    if len(parts) == 2 and parts[0] != "function":  # noqa: PLR2004 - name:qualifier
        _no_qualifier(parts[1:], alias_goes)
    return FunctionRef(name=_function_name(text))


def promoted_function(text: str) -> FunctionRef:
    """The function to promote from."""
    return function(text, "alias to promote from goes into from-alias")


def role(text: str) -> str:
    """The ARN of a role.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    """
    if _ROLE.fullmatch(text):
        return text
    raise BadValueError("is not the ARN of a role", "Write arn:aws:iam::<account>:role/<name>")


def account_of_role(arn: str) -> str:
    """The account in a role's ARN."""
    return arn.split(":")[4]


def one_function(text: str) -> tuple[FunctionRef, ...]:
    """A function, alone."""
    return (function(text),)


def functions(text: str) -> tuple[FunctionRef, ...]:
    """Functions, one a line, each by any of its names and with or without an alias; each once."""
    found = lines(text)
    if not found:
        raise BadValueError("names no function", "Give one a line: name, or name:alias")
    refs = []
    for number, line in enumerate(found, 1):
        try:
            refs.append(_aliased(line))
        except BadValueError as bad:
            if len(found) == 1:
                raise
            value = line if bad.value is None else bad.value
            place = f"{bad.place} of entry {number}" if bad.place else f"entry {number}"
            raise BadValueError(bad.says, bad.do, value=value, place=place, id_=bad.id) from None
    return tuple(dict.fromkeys(refs))


def _aliased(text: str) -> FunctionRef:
    """A function, or a function and one of its aliases."""
    parts = text.split(":")
    own = _ARN_PARTS if text.startswith("arn:") else 1
    if own == 1 and parts[0] and _ACCOUNT.fullmatch(parts[0]):
        own = _PARTIAL_PARTS
    if len(parts) != own + 1 or parts[0] == "function":
        return function(text)
    named = function(":".join(parts[:own]))
    try:
        return replace(named, alias=movable_alias(parts[own]))
    except BadValueError as bad:
        raise BadValueError(bad.says, bad.do, value=parts[own], place="alias") from None


def _function_arn(parts: list[str], alias_goes: str) -> FunctionRef:
    if len(parts) < _ARN_PARTS:
        raise BadValueError(
            f"has {len(parts)} parts between colons; a function's ARN has {_ARN_PARTS}",
            f"Give the name alone, or {_ARN_FORM}",
        )
    _, partition, service, region, account, kind, name = parts[:_ARN_PARTS]
    expected = [
        (_PARTITION.fullmatch(partition), f"names partition {shown(partition)}, not one of AWS's"),
        (service == "lambda", f"is an ARN of service {shown(service)}, not of lambda"),
        (_REGION.fullmatch(region), f"names region {shown(region)}, which no region looks like"),
        (_ACCOUNT.fullmatch(account), f"names account {shown(account)}, which is not 12 digits"),
        (kind == "function", f"is the ARN of a {shown(kind)}, not of a function"),
    ]
    for right, says in expected:
        if not right:
            raise BadValueError(says, f"Give the name alone, or {_ARN_FORM}")
    _no_qualifier(parts[_ARN_PARTS:], alias_goes)
    return FunctionRef(name=_function_name(name, "in the ARN"), account=account, region=region)


def _no_qualifier(parts: list[str], alias_goes: str) -> None:
    """Refuses ":7", ":live" and ":$LATEST" behind a function's name."""
    if not parts:
        return
    qualifier = ":".join(parts)
    kind = "version" if re.fullmatch(r"[0-9]+|\$LATEST", qualifier) else "alias"
    raise BadValueError(
        f"names {kind} {shown(qualifier)}; the action itself chooses version and alias",
        f"Drop {shown(':' + qualifier)}; the {alias_goes}",
    )


def _function_name(text: str, place: str = "") -> FunctionName:
    do = f"Use 1-{NAME_CHARACTERS} of {_LETTERS}, or an ARN"
    if not text:
        raise BadValueError("is empty", do, value=text, place=place)
    _only(text, "A-Za-z0-9_-", do, place)
    if len(text) > NAME_CHARACTERS:
        raise BadValueError(f"has {counted(len(text))}", do, value=text, place=place)
    return FunctionName(text)


def alias(text: str) -> AliasName:
    """An alias, to move or to read.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html
    """
    if text.casefold() == "$latest":
        raise BadValueError("is not an alias: it is the code that can change", "Name an alias")
    _only(text, "A-Za-z0-9_-", f"Use 1-{ALIAS_CHARACTERS} of {_LETTERS}, not digits alone")
    if text.isdigit():
        raise BadValueError(
            "is all digits: Lambda reads it as a version number", "Name an alias, for example live"
        )
    if len(text) > ALIAS_CHARACTERS:
        raise BadValueError("is too long", f"Use at most {counted(ALIAS_CHARACTERS)}")
    return AliasName(text)


def movable_alias(text: str) -> AliasName:
    """An alias that may move: not one of the hash aliases, which never do."""
    name = alias(text)
    if name.startswith("HASH-"):
        raise BadValueError(
            "begins with HASH-: those aliases name one build for ever and never move",
            "Name the alias that callers use; `command: rollback` takes this one as `to`",
        )
    return name


def bucket(text: str) -> str:
    """The name of a general-purpose bucket.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    if text.startswith(("s3:", "arn:", "http:", "https:")):
        named = re.match(r"(?:s3://|arn:[a-z-]+:s3:::)([^/:]+)", text)
        hint = f": {shown(named[1])}" if named else ""
        raise BadValueError("is more than a name", f"Give only the bucket's name{hint}")
    if "/" in text:
        raise BadValueError(
            f"has '/' at position {text.index('/') + 1}",
            f"Give only the bucket's name: {shown(text.partition('/')[0])}; the rest is prefix",
        )
    do = "Bucket names are 3-63 of a-z, 0-9, - and ., beginning and ending with a letter or digit"
    _only(text, "a-z0-9.-", do)
    if not 3 <= len(text) <= 63:  # noqa: PLR2004 - S3's limits
        raise BadValueError(f"has {counted(len(text))}", do)
    if not re.fullmatch(r"[a-z0-9].*[a-z0-9]", text) or ".." in text:
        raise BadValueError("has - or . at an end, or two dots together", do)
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3}){3}", text):
        raise BadValueError("looks like an IP address, which no bucket may", do)
    if text.startswith(("xn--", "sthree-")) or text.endswith(
        ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
    ):
        raise BadValueError(
            "is not the name of a general-purpose bucket",
            "Versions are needed: access points, directory and table buckets do not serve",
        )
    return text


def prefix(text: str) -> str:
    """The beginning of our keys in the bucket, without "/" at its ends.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    """
    _only(
        text,
        "A-Za-z0-9/!_.'()-",
        "Use letters, digits, / and ! - _ . ' ( ): what S3 calls safe in keys",
    )
    if len(text) > PREFIX_BYTES:
        raise BadValueError("is too long", f"Use at most {counted(PREFIX_BYTES)}")
    bad = [part for part in text.split("/") if part in ("", ".", "..")]
    if bad:
        tidy = "/".join(p for p in text.split("/") if p not in ("", ".", "..")) or "signed-lambda"
        says = f"has the part '{bad[0]}', which keys do not need"
        if not bad[0]:
            says = "has '//'" if "//" in text else "begins or ends with '/'"
        raise BadValueError(says, f"Write {shown(tidy)} if that was meant")
    return text


def profile(text: str) -> str:
    """The name of a signing profile.

    Source: https://docs.aws.amazon.com/signer/latest/api/API_PutSigningProfile.html
    """
    arn = re.fullmatch(r"arn:[^/]*/?signing-profiles/([A-Za-z0-9_]+)(/.*)?", text)
    if arn:
        raise BadValueError("is an ARN", f"Give only the profile's name: {shown(arn[1])}")
    do = "Profile names take 2-64 letters, digits and _"
    _only(text, "A-Za-z0-9_", do)
    if not 2 <= len(text) <= 64:  # noqa: PLR2004 - Signer's limits
        raise BadValueError(f"has {counted(len(text))}", do)
    return text


def account(text: str) -> str:
    """The id of an account."""
    if _ACCOUNT.fullmatch(text):
        return text
    if re.fullmatch(r"[0-9]{4}[- ][0-9]{4}[- ][0-9]{4}", text):
        raise BadValueError(
            "has separators", f"Write the 12 digits alone: {re.sub('[- ]', '', text)}"
        )
    _only(text, "0-9", "Account ids are 12 digits")
    raise BadValueError(
        f"has {counted(len(text), 'digit')}, account ids have 12",
        "In YAML put the id in quotes, or a leading zero is lost",
    )


def accounts(text: str) -> tuple[str, ...]:
    """Ids of accounts, separated by commas, blanks or line breaks; each once, in their order."""
    items = [item for item in re.split(r"[,\s]+", text) if item]
    if not items:
        raise BadValueError("holds no account id", "List ids of 12 digits, or leave the input out")
    for number, item in enumerate(items, 1):
        try:
            account(item)
        except BadValueError as bad:
            raise BadValueError(bad.says, bad.do, value=item, place=f"item {number}") from None
    return tuple(dict.fromkeys(items))


def region(text: str) -> str:
    """A region's code; one that is not known yet is taken if it has the form."""
    if _REGION.fullmatch(text):
        return text
    near = nearest(text, REGIONS)
    raise BadValueError(
        "is not a region's code", f"Nearest: {near}" if near else "Use a code such as us-east-1"
    )
