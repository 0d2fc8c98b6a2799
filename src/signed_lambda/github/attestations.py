"""The attestations that a repository has of a file.

Imports session (lazily: PyGithub) and this package. Must never say that one is good: what GitHub
gives is verified in `signed_lambda.attestation`.

Source: https://docs.github.com/en/rest/repos/attestations#list-attestations
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.attestation import Found

if TYPE_CHECKING:
    from signed_lambda.github import Access
    from signed_lambda.model import Sha256

MOST: Final = 30
"""Of one file; its newest. Each costs a few milliseconds to verify."""
NOT_FOUND: Final = 404
"""GitHub says so when there is none, and when the token may not read the repository."""


def find(repository: str, sha256: Sha256, access: Access) -> Found:
    """See `signed_lambda.github.find_attestations`."""
    from signed_lambda.errors import Cancelled  # noqa: PLC0415 - lazy
    from signed_lambda.github.session import GitHubTrouble, Session  # noqa: PLC0415 - lazy

    path = f"/repos/{repository}/attestations/sha256:{sha256.hex}"
    try:
        with Session(access) as session:
            found = session.repeat(
                lambda: _listed(session.read(path, per_page=MOST, predicate_type="provenance"))
            )
    except GitHubTrouble as trouble:
        denied = "the token may not read attestations (403)"
        notice = denied if trouble.integration else trouble.notice
        return Found(notice="" if trouble.status == NOT_FOUND else notice)
    except Cancelled:
        return Found(notice="the job was cancelled")
    bundles = tuple(bundle for bundle in found if bundle is not None)
    without = len(found) - len(bundles)
    return Found(
        bundles=bundles,
        notice=f"GitHub gave {without} of {len(found)} without what was signed" if without else "",
    )


def _listed(answer: object) -> list[dict[str, object] | None]:
    """The bundles; None for one that is not given.

    Raises:
        TypeError: It is no answer of GitHub's.
    """
    listed = answer.get("attestations") if isinstance(answer, dict) else None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise TypeError("no list of attestations")
    given = [one.get("bundle") for one in listed]
    return [bundle if isinstance(bundle, dict) else None for bundle in given]
