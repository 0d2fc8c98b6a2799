"""Credentials from the environment of the job, and from nowhere else.

What aws-actions/configure-aws-credentials exports, or a web identity token, or a container's
credential service. Never a profile, a config file, `credential_process` (it runs a command), SSO,
or the instance metadata service (it is asked for seconds on a runner that has none).

May import botocore's credential providers. Never shows a value of a credential, and has each one
masked before it is first used: those that are fetched were never in the environment.
Source: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from botocore.credentials import (
    AssumeRoleWithWebIdentityProvider,
    ContainerProvider,
    CredentialResolver,
    Credentials,
    ReadOnlyCredentials,
)
from botocore.exceptions import BotoCoreError, CredentialRetrievalError
from botocore.utils import ContainerMetadataFetcher

from signed_lambda.errors import IdentityError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_KEY: Final = "AWS_ACCESS_KEY_ID"
_SECRET: Final = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - a variable's name
_SESSION: Final = "AWS_SESSION_TOKEN"
_ROLE: Final = "AWS_ROLE_ARN"
_ROLE_SESSION: Final = "AWS_ROLE_SESSION_NAME"
_TOKEN_FILE: Final = "AWS_WEB_IDENTITY_TOKEN_FILE"  # noqa: S105 - a variable's name
_CONTAINER: Final = (
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
)
_USE: Final = (
    "Add aws-actions/configure-aws-credentials (with role-to-assume and `id-token: write`) before"
    " this step"
)


class _Provider(Protocol):
    """What botocore's resolver asks of a provider."""

    @property
    def METHOD(self) -> str: ...  # noqa: N802 - botocore's name

    def load(self) -> Credentials | None: ...


class _Masked:
    """A provider's credentials, masked before they are first used and whenever they were renewed.

    botocore takes the values of a request from `get_frozen_credentials`, and from nowhere else.
    Source: botocore `signers.py`, RequestSigner.get_auth_instance
    """

    def __init__(self, credentials: Credentials, mask: Callable[[str], None]) -> None:
        self._credentials = credentials
        self._mask = mask
        self._masked = ReadOnlyCredentials("", "", "")

    def __getattr__(self, name: str) -> object:
        return getattr(self._credentials, name)

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        frozen = self._credentials.get_frozen_credentials()
        if frozen != self._masked:
            self._masked = frozen
            self._mask(frozen.secret_key or "")
            self._mask(frozen.token or "")
        return frozen


class _Masking:
    """A provider whose credentials are masked."""

    def __init__(self, provider: _Provider, mask: Callable[[str], None]) -> None:
        self.METHOD: Final = provider.METHOD
        self._provider = provider
        self._mask = mask

    def load(self) -> _Masked | None:
        credentials = self._provider.load()
        return None if credentials is None else _Masked(credentials, self._mask)


class _Fixed:
    """A provider of credentials that were in the environment."""

    METHOD: Final = "env"

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def load(self) -> Credentials:
        return self._credentials


class TokenUnreadableError(CredentialRetrievalError):
    """The web identity token cannot be read; its text is ours and holds no token."""

    fmt = "{error_msg}"


class _TokenFile:
    """Reads the web identity token; botocore asks again whenever the role's credentials end."""

    def __init__(self, path: str, mask: Callable[[str], None]) -> None:
        self._path = path
        self._mask = mask

    def __call__(self) -> str:
        try:
            with open(self._path, encoding="utf-8") as file:  # noqa: PTH123 - one line, no Path
                token = file.read()
        except (OSError, ValueError) as error:
            raise TokenUnreadableError(
                provider="web-identity",
                error_msg=f"{_TOKEN_FILE} names {self._path!r}, which cannot be read"
                f" ({getattr(error, 'strerror', None) or type(error).__name__})",
            ) from error
        self._mask(token)
        return token


class _Service(ContainerMetadataFetcher):
    """A container's service, asked three times without a pause; the token for it is masked."""

    def __init__(self, mask: Callable[[str], None]) -> None:
        super().__init__(sleep=lambda _: None)
        self._mask = mask

    def retrieve_full_uri(
        self, full_url: str, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        self._mask((headers or {}).get("Authorization", ""))
        answer: dict[str, Any] = super().retrieve_full_uri(full_url, headers)
        return answer


class _Container:
    """botocore's provider for a container's service."""

    METHOD: Final = ContainerProvider.METHOD

    def __init__(self, environ: Mapping[str, str], mask: Callable[[str], None]) -> None:
        self._provider = ContainerProvider(
            environ={k: environ[k] for k in _CONTAINER if environ.get(k)},
            fetcher=_Service(mask),  # type: ignore[arg-type] # the stubs name another class
        )

    def load(self) -> Credentials | None:
        """The credentials, fetched now.

        Raises:
            IdentityError: E-IDENTITY-09. botocore's texts hold the service's answer: not shown.
        """
        try:
            return self._provider.load()
        except (BotoCoreError, LookupError, OSError, TypeError, ValueError) as error:
            raise IdentityError.of(
                "E-IDENTITY-09",
                f"{_CONTAINER[0]} gave no credentials ({type(error).__name__})",
                f"Check the runner's credential service. {_USE}",
            ) from None


def resolver(
    environ: Mapping[str, str], sts_client: Callable[..., Any], mask: Callable[[str], None]
) -> CredentialResolver:
    """The resolver of botocore over the one source that the environment names.

    Args:
        environ: Of the process.
        sts_client: Makes the client that assumes the role; called as botocore's `create_client`.
        mask: Keeps a secret out of the log; called before the secret is first used.

    Raises:
        IdentityError: E-IDENTITY-01 (none), E-IDENTITY-02 (half of them).
    """
    key, secret = environ.get(_KEY, ""), environ.get(_SECRET, "")
    if key and secret:
        fixed = Credentials(key, secret, environ.get(_SESSION) or None, method=_Fixed.METHOD)
        return _resolver_of(_Fixed(fixed), mask)
    if key or secret:
        given, missing = (_KEY, _SECRET) if key else (_SECRET, _KEY)
        raise IdentityError.of(
            "E-IDENTITY-02",
            f"{given} is set and {missing} is not",
            f"Set both, and {_SESSION} with them. {_USE}",
        )
    role, token_file = environ.get(_ROLE, ""), environ.get(_TOKEN_FILE, "")
    if role and token_file:
        return _resolver_of(_web_identity(environ, sts_client, mask), mask)
    if environ.get(_CONTAINER[0]):
        return _resolver_of(_Container(environ, mask), mask)
    if role or token_file:
        given, missing = (_ROLE, _TOKEN_FILE) if role else (_TOKEN_FILE, _ROLE)
        raise IdentityError.of("E-IDENTITY-02", f"{given} is set and {missing} is not", _USE)
    raise IdentityError.of(
        "E-IDENTITY-01",
        f"no AWS credentials: {_KEY} and {_SECRET} are empty, and so are {_TOKEN_FILE} and"
        f" {_CONTAINER[0]}",
        _USE,
    )


def _resolver_of(provider: _Provider, mask: Callable[[str], None]) -> CredentialResolver:
    """A resolver with a single source: nothing to fall back on."""
    return CredentialResolver([_Masking(provider, mask)])  # type: ignore[list-item] # load() is all it is asked


def _web_identity(
    environ: Mapping[str, str], sts_client: Callable[..., Any], mask: Callable[[str], None]
) -> AssumeRoleWithWebIdentityProvider:
    """The provider of botocore, told by a made-up profile instead of os.environ."""
    profile = {"role_arn": environ[_ROLE], "web_identity_token_file": environ[_TOKEN_FILE]}
    if environ.get(_ROLE_SESSION):
        profile["role_session_name"] = environ[_ROLE_SESSION]
    return AssumeRoleWithWebIdentityProvider(
        load_config=lambda: {"profiles": {"environment": profile}},
        client_creator=sts_client,
        profile_name="environment",
        cache={},
        disable_env_vars=True,
        token_loader_cls=partial(_TokenFile, mask=mask),  # type: ignore[arg-type] # it is only called
    )
