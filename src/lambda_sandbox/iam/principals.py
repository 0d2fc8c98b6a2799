"""Who signed a request, and which policies hold for them, from what moto's IAM stores.

May import core, emulated, the evaluation and moto's IAM store.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends

from lambda_sandbox.core import ApiError
from lambda_sandbox.iam.evaluation import Statement, statements_of

if TYPE_CHECKING:
    from lambda_sandbox.emulated import Tenancy

_PRINCIPAL = re.compile(r"arn:aws:iam::(\d{12}):(user|role|group)/(?:.*/)?([^/]+)")


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody with identity policies.

    Attributes:
        arn: Of the user, or of the role's session.
        statements: Of all policies, inline and attached, of the groups, too.
        boundary: The permissions boundary's; None where there is none.
    """

    arn: str
    statements: list[Statement]
    boundary: list[Statement] | None = field(default=None)


class Principals:
    """The users and roles of one sandbox."""

    def __init__(self, account: str, tenancy: Tenancy) -> None:
        self._account = account
        self._tenancy = tenancy

    def by_access_key(self, access_key: str) -> Principal | None:
        """The user or role behind an access key.

        None for a key that IAM does not know, and for a role that was assumed without having been
        created: moto lets both work, and they may do everything.
        """
        with self._tenancy.active():
            store = self._store()
            key = store.access_keys.get(access_key)
            if key is None:
                return None
            if key.role_arn is None:
                return self._of(f"arn:aws:iam::{self._account}:user/{key.user_name}")
            try:
                role = self._of(key.role_arn)
            except ApiError:
                return None
            name = key.role_arn.rpartition("/")[2]
            session = f"arn:aws:sts::{self._account}:assumed-role/{name}/session"
            return Principal(session, role.statements, role.boundary)

    def by_arn(self, arn: str) -> Principal:
        """A user, role or group.

        Raises:
            ApiError: InvalidInput or NoSuchEntity.
        """
        with self._tenancy.active():
            return self._of(arn)

    def trust_policy(self, role: str) -> Any:  # noqa: ANN401 - a JSON document
        """Who may assume a role of this account, as JSON parsed it; None: there is no such role."""
        with self._tenancy.active():
            found = (r for r in self._store().roles.values() if r.arn == role)
            entity = next(found, None)
        return json.loads(entity.assume_role_policy_document) if entity is not None else None

    def _of(self, arn: str) -> Principal:
        match = _PRINCIPAL.fullmatch(arn)
        if match is None or match[1] != self._account:
            raise ApiError("InvalidInput", f"Invalid Entity Arn: {arn}", 400)
        store, kind, name = self._store(), match[2], match[3]
        if kind == "role":
            entity = next((r for r in store.roles.values() if r.name == name), None)
        else:
            entity = (store.users if kind == "user" else store.groups).get(name)
        if entity is None:
            raise ApiError("NoSuchEntity", f"The {kind} with name {name} cannot be found.", 404)
        holders = [entity]
        if kind == "user":
            holders += [group for group in store.groups.values() if entity in group.users]
        statements: list[Statement] = []
        for holder in holders:
            for policy, text in holder.policies.items():
                statements += parsed(policy, text)
            for managed in holder.managed_policies.values():
                statements += parsed(managed.name, _current(managed))
        limit = getattr(entity, "permissions_boundary_arn", None)
        if limit is None:
            return Principal(arn, statements)
        return Principal(arn, statements, parsed(limit, _current(store.get_policy(limit))))

    def _store(self) -> Any:  # noqa: ANN401 - moto's store, used for what its classes do not type
        return iam_backends[self._account]["aws"]


def parsed(policy: str, text: str) -> list[Statement]:
    """The statements of a policy's text.

    Raises:
        ApiError: InvalidInput: not JSON.
    """
    try:
        return statements_of(policy, json.loads(text))
    except ValueError as exc:
        raise ApiError("InvalidInput", f"The policy {policy} is not valid JSON.", 400) from exc


def _current(managed: Any) -> str:  # noqa: ANN401 - as above
    """The document of a managed policy's default version."""
    chosen = managed.default_version_id
    return str(next(v.document for v in managed.versions if v.version_id == chosen))
