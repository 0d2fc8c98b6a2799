"""The configuration's hash: vectors for other implementers, and what must hold for every input."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signed_lambda.confighash import (
    CONTENT,
    SCHEME,
    UNORDERED,
    VOLATILE,
    Configuration,
    canonical,
    changes,
    code_and_config,
)
from signed_lambda.errors import AccessError
from signed_lambda.model import Sha256

ARN = "arn:aws:lambda:eu-west-1:111122223333:function:orders"
DATA = Path(__file__).parents[3] / "docs" / "config-hash-vectors.json"
VECTORS = json.loads(DATA.read_text("utf-8"))["vectors"]
"""Made by a script of its own from the module's description, not by the module."""
_SALT = ("FunctionArn",)
CODE = Sha256(b"\x01" * 32)

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
SECRETS = st.text(st.characters(codec="utf-8"), min_size=5, max_size=40)
SCALARS = st.none() | st.booleans() | st.integers() | NAMES
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)
CONTENTS = st.dictionaries(st.sampled_from(sorted(CONTENT - {"Environment"})), VALUES, max_size=5)


def with_arn(**members: object) -> dict[str, object]:
    return {"FunctionArn": ARN, **members}


def environment(**variables: str) -> Configuration:
    return canonical(with_arn(Environment={"Variables": variables}))


def everything(configuration: Configuration) -> str:
    """All text that a configuration holds, as anybody could print it."""
    return repr(configuration) + json.dumps(dict(configuration.members))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["why"])
def test_vectors(vector: dict[str, Any]) -> None:
    found = canonical(vector["content"])

    text = "{" + ",".join(f"{json.dumps(k)}:{v}" for k, v in found.members.items()) + "}"
    assert text == vector["canonical"]
    assert hashlib.sha256(text.encode()).hexdigest() == vector["configuration_sha256"]
    assert found.sha256.hex == vector["configuration_sha256"]
    code = Sha256.from_hex(vector["code_sha256"])
    assert code_and_config(code, found).hex == vector["code_and_config_sha256"]


def test_the_scheme_is_in_the_vectors() -> None:
    assert json.loads(DATA.read_text("utf-8"))["scheme"] == SCHEME


def test_the_published_scheme_names_every_member_that_is_left_out_and_why() -> None:
    text = (DATA.parent / "config-hash.md").read_text("utf-8")

    _, _, table = text.partition("| member | why |\n|:--|:--|\n")
    rows = table.partition("\n\n")[0].splitlines()

    assert rows == [f"| `{name}` | {why} |" for name, why in VOLATILE.items()]
    assert SCHEME in text
    assert all(f"`{name}`" in text for name in UNORDERED)


def test_every_member_of_botocores_shape_is_known_to_be_content_or_not() -> None:
    model = botocore.session.get_session().get_service_model("lambda")
    members = set(model.shape_for("FunctionConfiguration").members)

    top_level = {name for name in VOLATILE if "." not in name}
    assert members - CONTENT - top_level == set()
    assert CONTENT & top_level == set()
    assert all(VOLATILE.values())


def reordered(value: object) -> object:
    """The same value with every mapping's members in the opposite order."""
    if isinstance(value, dict):
        return {k: reordered(v) for k, v in reversed(value.items())}
    return [reordered(v) for v in value] if isinstance(value, list) else value


@given(content=CONTENTS, variables=st.dictionaries(NAMES, NAMES, max_size=4))
def test_the_order_of_members_never_matters(
    content: dict[str, object], variables: dict[str, str]
) -> None:
    whole = with_arn(**content, Environment={"Variables": variables})

    other = reordered(whole)

    assert isinstance(other, dict)
    assert canonical(other) == canonical(whole)


@given(items=st.lists(NAMES, unique=True, min_size=2, max_size=6), data=st.data())
@pytest.mark.parametrize("name", ["SubnetIds", "SecurityGroupIds"])
def test_the_order_of_a_set_never_matters(name: str, items: list[str], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(items))

    a = canonical(with_arn(VpcConfig={name: items}))
    b = canonical(with_arn(VpcConfig={name: shuffled}))

    assert a == b


def test_the_order_of_layers_matters() -> None:
    layers = [{"Arn": "a"}, {"Arn": "b"}]

    assert canonical(with_arn(Layers=layers)) != canonical(with_arn(Layers=layers[::-1]))


@given(secret=SECRETS, name=NAMES)
def test_no_environment_value_is_ever_readable(secret: str, name: str) -> None:
    found = canonical(with_arn(Environment={"Variables": {name: f"<{secret}>"}}))

    shown = everything(found)
    for form in (f"<{secret}>", json.dumps(f"<{secret}>")[1:-1], repr(f"<{secret}>")[1:-1]):
        assert form not in shown


@given(secret=SECRETS, value=VALUES, other=NAMES.filter(lambda n: n not in ("Variables", "Error")))
def test_no_value_of_an_unknown_member_of_the_environment_is_readable(
    secret: str, value: object, other: str
) -> None:
    found = canonical(with_arn(Environment={other: [f"<{secret}>", value]}))

    assert f"<{secret}>" not in everything(found)
    assert found.unknown == (f"Environment.{other}",)


@given(st.dictionaries(NAMES, NAMES, min_size=1, max_size=4), SECRETS, st.data())
def test_every_change_of_the_environment_changes_the_hash(
    variables: dict[str, str], value: str, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(variables)))

    before = environment(**variables)
    after = environment(**{**variables, name: variables[name] + value})

    assert before.sha256 != after.sha256
    assert [str(c) for c in changes(before, after)] == [f"Environment: changed {name}"]


def test_the_same_value_has_another_hash_in_another_function_or_variable() -> None:
    hashes = {
        canonical(
            {"FunctionArn": f"{ARN}{arn}", "Environment": {"Variables": {name: "value"}}}
        ).members["Environment"][-70:]
        for arn in ("", "-2")
        for name in ("A", "B")
    }

    assert len(hashes) == 4


# FunctionArn salts the environment's values: that a version has $LATEST's hash is in the vectors.
@pytest.mark.parametrize("name", sorted(n for n in VOLATILE if n not in _SALT and "." not in n))
def test_volatile_members_change_nothing(name: str) -> None:
    base = with_arn(Timeout=3, Environment={"Variables": {"A": "1"}})

    assert canonical({**base, name: "another"}) == canonical(base)


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_empty_is_not_set(empty: object) -> None:
    assert canonical(with_arn(KMSKeyArn=empty)) == canonical(with_arn())
    assert canonical(with_arn(VpcConfig={"VpcId": empty})) == canonical(with_arn())


@pytest.mark.parametrize("value", [0, False, "0", [0], {"a": 0}])
def test_zero_and_false_are_set(value: object) -> None:
    assert canonical(with_arn(TenancyConfig=value)) != canonical(with_arn())


def test_a_member_that_is_not_known_is_part_of_the_hash_and_reported() -> None:
    known = canonical(with_arn(Timeout=3))

    found = canonical(with_arn(Timeout=3, QuantumConfig={"Qubits": 3}))

    assert found.sha256 != known.sha256
    assert (known.unknown, found.unknown) == ((), ("QuantumConfig",))
    assert [str(c) for c in changes(known, found)] == ["QuantumConfig: changed"]


def test_a_value_of_an_unknown_type_is_text() -> None:
    class Strange:
        def __str__(self) -> str:
            return "strange"

    assert canonical(with_arn(Timeout=Strange())) == canonical(with_arn(Timeout="strange"))


def test_an_environment_that_cannot_be_decrypted_is_refused_without_its_text() -> None:
    error = {"ErrorCode": "AccessDeniedException", "Message": "Lambda was unable to decrypt"}

    with pytest.raises(AccessError) as caught:
        canonical(with_arn(Environment={"Error": error}))

    assert caught.value.problems[0].id == "E-ACCESS-02"
    assert "AccessDeniedException" in str(caught.value)
    assert "kms:Decrypt" in str(caught.value)


def test_changes_name_every_member_with_both_values_and_no_environment_value() -> None:
    before = canonical(
        with_arn(Timeout=3, Handler="a.b", Environment={"Variables": {"A": "1", "B": "old-s3cret"}})
    )
    after = canonical(
        with_arn(
            Timeout=900, Role="r", Environment={"Variables": {"B": "new-s3cret", "C": "other"}}
        )
    )

    assert [str(c) for c in changes(before, after)] == [
        "Environment: added C, removed A, changed B",
        'Handler "a.b" -> not set',
        'Role not set -> "r"',
        "Timeout 3 -> 900",
    ]
    assert changes(before, before) == ()


def test_an_unknown_member_of_the_environment_that_changes_is_named() -> None:
    before = canonical(with_arn(Environment={"Variables": {"A": "1"}, "Secrets": "x"}))
    after = canonical(with_arn(Environment={"Variables": {"A": "1"}, "Secrets": "y"}))

    assert [str(c) for c in changes(before, after)] == ["Environment: changed Environment.Secrets"]


def test_code_and_configuration_both_count() -> None:
    a, b = canonical(with_arn(Timeout=3)), canonical(with_arn(Timeout=4))

    assert (
        len({code_and_config(code, c).hex for code in (CODE, Sha256(b"\x02" * 32)) for c in (a, b)})
        == 4
    )
