"""Every error that a user can meet: its id, its exit code, and how its text is made.

An error is one exception class (an exit code, one area of the chain) that carries one or more
`Problem`s (an id, what was wrong with value and place, what to do). What was left unchanged is not
told here: only the run knows how far it came, so the report adds that sentence.

Imports nothing of this package. docs/errors.md is generated from this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Literal, Self

from signed_lambda.lazy import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

FailureOutcome = Literal["refused", "failed", "moved-unconfirmed", "superseded", "drifted"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        id: An id of `CATALOGUE`, "E-AREA-nn"; never reused for another meaning.
        what: What was wrong, with the value and the place; one sentence, no full stop needed.
        do: What the reader can do about it; one sentence or a command.
    """

    id: str
    what: str
    do: str

    def __post_init__(self) -> None:
        if self.id not in CATALOGUE:
            raise KeyError(self.id)

    @property
    def area(self) -> str:
        """The middle word of the id."""
        return self.id.split("-")[1]

    def __str__(self) -> str:
        return f"{self.id} {_sentence(self.what)} {_sentence(self.do)}".rstrip()


class DeployError(Exception):
    """The family of all errors told to the user; only its subclasses are raised.

    Attributes:
        exit_code: Of the process; unique in the family.
        outcome: The output `outcome` of a run that ends with this error.
        area: The middle word of the ids that this class may carry.
    """

    exit_code: ClassVar[int]
    outcome: ClassVar[FailureOutcome] = "refused"
    area: ClassVar[str]

    def __init__(self, *problems: Problem) -> None:
        """Takes at least one problem; the first is of this class's area and gives the exit code.

        Raises:
            ValueError: None given, or the first is of another area: a mistake of ours.
        """
        if not problems or problems[0].area != self.area:
            raise ValueError(f"{type(self).__name__} carries {problems}")
        self.problems: Final = problems
        super().__init__("\n".join(str(p) for p in problems))

    @classmethod
    def of(cls, id_: str, what: str, do: str) -> Self:
        """The error with a single problem.

        Args:
            id_: "E-AREA-nn".
            what: What was wrong, with value and place.
            do: What to do.
        """
        return cls(Problem(id_, what, do))


class InputError(DeployError):
    """An input of the action is missing, unknown or not of its form; all are told at once."""

    exit_code, area = 10, "INPUT"


class SourceError(DeployError):
    """The folder to pack holds something that cannot or must not be packed."""

    exit_code, area = 11, "SOURCE"


class ZipError(DeployError):
    """A zip is broken, ambiguous, or holds what another reader would see otherwise."""

    exit_code, area = 12, "ZIP"


class IdentityError(DeployError):
    """AWS credentials are missing, expired, or of another account or region than asked for."""

    exit_code, area = 13, "IDENTITY"


class BucketError(DeployError):
    """The artefact bucket is missing, not ours, unversioned, or holds other bytes at our key."""

    exit_code, area = 14, "BUCKET"


class ProfileError(DeployError):
    """The signing profile is missing, not active, of another platform, or not allowed."""

    exit_code, area = 15, "PROFILE"


class CodeSigningError(DeployError):
    """The function's code-signing configuration is weaker than `require-code-signing` says."""

    exit_code, area = 16, "CODESIGNING"


class FunctionError(DeployError):
    """The function is missing, of another kind, busy, or not able to take an update."""

    exit_code, area = 17, "FUNCTION"


class AliasError(DeployError):
    """The alias is at $LATEST, is being shifted by weights, or a hash alias was moved."""

    exit_code, area = 18, "ALIAS"


class HashMismatch(DeployError):
    """A link of the chain holds other bytes than the link before it."""

    exit_code, area = 20, "HASH"


class Conflict(DeployError):
    """Somebody else changed the function, its configuration or the alias while this run worked."""

    exit_code, area = 21, "CONFLICT"


class SignatureError(DeployError):
    """The signed zip does not hold exactly the build's files, or its signature does not verify."""

    exit_code, area = 22, "SIGNATURE"


class SigningJobError(DeployError):
    """The signing job failed or signed something else."""

    exit_code, area, outcome = 23, "JOB", "failed"


class LambdaFailure(DeployError):
    """Lambda took the request and then failed: an update, a version, a quota."""

    exit_code, area, outcome = 24, "LAMBDA", "failed"


class SmokeError(DeployError):
    """The new version was invoked with the smoke event and answered with an error."""

    exit_code, area = 25, "SMOKE"


class TargetError(DeployError):
    """The target of a rollback or promotion cannot be used."""

    exit_code, area = 26, "TARGET"


class ScanError(DeployError):
    """The static review found what `fail-on` says must block, or could not be completed."""

    exit_code, area = 27, "SCAN"


class AccessError(DeployError):
    """The role lacks a permission."""

    exit_code, area, outcome = 28, "ACCESS", "failed"
    missing: str = ""
    """The IAM action and the ARN that it is missing on: "iam:GetRole on arn:..."."""


class AwsError(DeployError):
    """AWS could not be reached, kept failing, or answered with something that is not an answer."""

    exit_code, area, outcome = 29, "AWS", "failed"


class DeadlineError(DeployError):
    """`timeout-minutes` passed before the work was done."""

    exit_code, area, outcome = 30, "TIME", "failed"


class Cancelled(DeployError):
    """The job was cancelled: SIGINT or SIGTERM."""

    exit_code, area, outcome = 31, "CANCEL", "failed"


class MovedUnconfirmed(DeployError):
    """The alias move was sent and may have happened, but it could not be read back."""

    exit_code, area, outcome = 32, "MOVED", "moved-unconfirmed"


class Superseded(DeployError):
    """A later run moved the alias on, or this run is older than what is live."""

    exit_code, area, outcome = 33, "SUPERSEDED", "superseded"


class EventError(DeployError):
    """The workflow's event must not write: a fork's pull request, pull_request_target."""

    exit_code, area = 34, "EVENT"


class Drifted(DeployError):
    """`verify` found that the alias does not run what was released."""

    exit_code, area, outcome = 35, "DRIFT", "drifted"


class ReviewError(DeployError):
    """`require-reviewed`: the build is not one that a plan of the merged pull request recorded."""

    exit_code, area = 36, "REVIEW"


class AttestationError(DeployError):
    """`require-attestation`: no attestation proves that the wanted workflow made the build."""

    exit_code, area = 41, "ATTESTATION"


class Unverified(DeployError):
    """`verify` of several aliases could not check all of them; those that it could are in order."""

    exit_code, area, outcome = 38, "VERIFY", "failed"


class LockError(DeployError):
    """The lock on `$LATEST` cannot be put into the function's policy, or be taken out."""

    exit_code, area = 39, "LOCK"


class SetupError(DeployError):
    """`signed_lambda setup`: something that a deploy needs is missing, or could not be made."""

    exit_code, area = 40, "SETUP"


class RootError(DeployError):
    """The process runs as root and cannot become the workspace's owner."""

    exit_code, area = 37, "ROOT"


class InternalError(DeployError):
    """A mistake of ours."""

    exit_code, area, outcome = 70, "INTERNAL", "failed"


def refuse(problems: Iterable[Problem]) -> DeployError:
    """The error that tells problems of any areas; the first one gives class and exit code."""
    all_problems = tuple(problems)
    by_area = {cls.area: cls for cls in DeployError.__subclasses__()}
    return by_area[all_problems[0].area](*all_problems)


CATALOGUE: Final[dict[str, str]] = {
    # -- INPUT
    "E-INPUT-01": "An input that the command needs is empty.",
    "E-INPUT-02": "An input of an unknown name.",
    "E-INPUT-03": "An input's value is not of its form.",
    "E-INPUT-04": "Inputs exclude each other, or one needs another.",
    "E-INPUT-05": "A value holds a line break, NUL or another character that cannot be seen.",
    # -- SOURCE
    "E-SOURCE-01": "`source` does not exist.",
    "E-SOURCE-02": "`source` lies outside the workspace.",
    "E-SOURCE-03": "Nothing to pack.",
    "E-SOURCE-04": "A symbolic link leaves `source`.",
    "E-SOURCE-05": "A symbolic link is dangling.",
    "E-SOURCE-06": "Neither file, folder nor link: FIFO, socket, device.",
    "E-SOURCE-07": "A file or folder cannot be read.",
    "E-SOURCE-08": "A name is not UTF-8, or holds a control character or a backslash.",
    "E-SOURCE-09": "More bytes than Lambda unpacks.",
    "E-SOURCE-10": "More files than are packed.",
    "E-SOURCE-11": "A file changed while it was read.",
    "E-SOURCE-12": "No space for the zip.",
    "E-SOURCE-13": "A signature file of AWS Signer is among the files: already signed.",
    "E-SOURCE-14": "A pattern of include, exclude or .lambdaignore is not valid.",
    "E-SOURCE-15": "A symbolic link is absolute.",
    "E-SOURCE-16": "A symbolic link is a loop.",
    "E-SOURCE-17": "`source` is neither a folder nor a .zip file.",
    "E-SOURCE-18": "A process that packs ended before its work was done.",
    # -- ZIP
    "E-ZIP-01": "Not a zip file.",
    "E-ZIP-02": "Cut off or broken structure.",
    "E-ZIP-03": "Bytes before, between or after the zip's parts.",
    "E-ZIP-04": "An entry is in the data but not in the index, or the other way round.",
    "E-ZIP-05": "Index and local header of an entry disagree.",
    "E-ZIP-06": "The same name twice.",
    "E-ZIP-07": "An encrypted entry.",
    "E-ZIP-08": "A compression method other than stored or deflate.",
    "E-ZIP-09": "A name that leaves the package, or that is not portable.",
    "E-ZIP-10": "An entry's data do not match its size or CRC.",
    "E-ZIP-11": "Unpacks to more than Lambda takes.",
    "E-ZIP-12": "More entries than are taken.",
    "E-ZIP-13": "An entry of a kind that cannot be packed, or a link that leaves the package.",
    "E-ZIP-14": "Already signed.",
    "E-ZIP-15": "A feature of the format that packages do not need: zip64, parts, unknown flags.",
    "E-ZIP-16": "The same name is a file and a folder.",
    "E-ZIP-17": "The zip changed while it was read.",
    # -- IDENTITY
    "E-IDENTITY-01": "No AWS credentials.",
    "E-IDENTITY-02": "Half of the AWS credentials: a key without its secret, or the reverse.",
    "E-IDENTITY-03": "The session token has expired.",
    "E-IDENTITY-04": "A region of that name is not known.",
    "E-IDENTITY-05": "No region.",
    "E-IDENTITY-06": "The runner's clock differs from AWS's.",
    "E-IDENTITY-08": "AWS does not accept the credentials.",
    "E-IDENTITY-09": "The role could not be assumed, or its credentials could not be fetched.",
    # -- ACCESS
    "E-ACCESS-01": "The role lacks a permission.",
    "E-ACCESS-02": "The function's environment cannot be decrypted by this role.",
    "E-ACCESS-03": "Something could not be looked at, and `fail-on-unseen` is true.",
    # -- AWS
    "E-AWS-01": "AWS was throttling or failing until the time was over.",
    "E-AWS-02": "AWS cannot be reached.",
    "E-AWS-03": "The answer is not AWS's: HTML, cut off, or a member is missing.",
    "E-AWS-04": "AWS refused with an error that this call does not expect.",
    "E-AWS-05": "A download did not arrive whole.",
    "E-AWS-06": "A download is larger than any package, or comes from a place that is not AWS.",
    "E-AWS-07": "A download cannot be stored on the runner.",
    # -- IDENTITY (by the plan)
    "E-IDENTITY-20": "The credentials are of an account that is not allowed.",
    "E-IDENTITY-21": "The function's ARN is of another account or region.",
    "E-IDENTITY-22": "The function to promote from is of another account.",
    # -- DRIFT
    "E-DRIFT-01": "The alias does not run what was released.",
    "E-DRIFT-02": "The alias was moved, or its record changed, outside of this action.",
    "E-DRIFT-03": "The version's record was made for something else than the version holds.",
    "E-DRIFT-04": "`$LATEST` is not locked, and `lock-latest: policy` demands it.",
    # -- VERIFY
    "E-VERIFY-01": "Some of the aliases could not be checked.",
    # -- LOCK
    "E-LOCK-01": "The function's policy has a statement of the lock's name that is not the lock.",
    "E-LOCK-02": "The function's policy would be too long.",
    "E-LOCK-03": "The function's policy was read back with other statements than were written.",
    "E-LOCK-04": "The function's policy kept changing while it was merged.",
    "E-LOCK-05": "The change of the function's policy was sent and could not be read back.",
    "E-LOCK-06": "`$LATEST` is in use: the lock would cut off a trigger.",
    "E-LOCK-07": "Whether a trigger uses `$LATEST` could not be seen: the lock could cut it off.",
    # -- EVENT
    "E-EVENT-01": "A command that writes was started by pull_request_target.",
    "E-EVENT-02": "A command that writes was started with code of a fork.",
    # -- REVIEW
    "E-REVIEW-01": "No merged pull request of this repository holds the commit.",
    "E-REVIEW-02": "No plan recorded a build of the merged pull request.",
    "E-REVIEW-03": "The build is not the one that was reviewed.",
    "E-REVIEW-04": "GitHub could not be asked what was reviewed.",
    "E-REVIEW-05": "The plan of this build was refused.",
    # -- ATTESTATION
    "E-ATTESTATION-01": "The repository has no attestation of the build.",
    "E-ATTESTATION-02": "No attestation of the build verifies and names the wanted workflow.",
    "E-ATTESTATION-03": "GitHub could not be asked whether the build is attested.",
    # -- ROOT
    "E-ROOT-01": "Root could not be given up.",
    # -- SCAN
    "E-SCAN-01": "A finding of the static review blocks, as `fail-on` says.",
    "E-SCAN-02": "A file that `template` names cannot be read.",
    "E-SCAN-03": "`.signed-lambda.yml`, which allows findings, is not of its form.",
    "E-SCAN-04": "`sarif-files` names what is not there, or lies outside the workspace.",
    # -- BUCKET
    "E-BUCKET-01": "The bucket does not exist.",
    "E-BUCKET-02": "The bucket is not of the expected owner, or may not be looked at.",
    "E-BUCKET-03": "The bucket has no versioning.",
    "E-BUCKET-04": "The bucket's versioning is suspended.",
    "E-BUCKET-05": "Bytes changed on the way to S3.",
    "E-BUCKET-06": "Our key holds other bytes: somebody else wrote it.",
    "E-BUCKET-07": "S3 stored the object without a version id or without our checksum.",
    "E-BUCKET-08": "The bucket is in another region than the function.",
    # -- PROFILE
    "E-PROFILE-01": "The signing profile does not exist.",
    "E-PROFILE-02": "Signer refused to sign with the profile.",
    "E-PROFILE-03": "The signing profile is canceled or revoked.",
    "E-PROFILE-04": "The signing profile is of another platform than Lambda's.",
    # -- CODESIGNING
    "E-CODESIGNING-01": "No code-signing configuration is attached to the function.",
    "E-CODESIGNING-02": "The code-signing configuration only warns.",
    "E-CODESIGNING-03": "The profile version is not among the allowed publishers.",
    "E-CODESIGNING-04": "Unsigned code for a function that demands signed code.",
    "E-CODESIGNING-05": "The code-signing configuration was changed while the run worked.",
    # -- FUNCTION
    "E-FUNCTION-01": "The function does not exist.",
    "E-FUNCTION-02": "The function is a container image.",
    "E-FUNCTION-03": "The function is not active.",
    "E-FUNCTION-04": "Somebody else's update is in progress.",
    "E-FUNCTION-05": "The handler's file is not in the package.",
    # -- ALIAS
    "E-ALIAS-01": "The alias is at $LATEST.",
    "E-ALIAS-02": "The alias is being shifted by weights.",
    "E-ALIAS-03": "A hash alias points at other code than its name says.",
    "E-ALIAS-04": "The alias does not exist.",
    # -- HASH
    "E-HASH-01": "The built zip is not the expected one.",
    "E-HASH-02": "Lambda's dry run would hold other bytes than were signed.",
    "E-HASH-03": "$LATEST holds other bytes after the update.",
    "E-HASH-04": "$LATEST was changed before the version was published.",
    "E-HASH-05": "The published version has another hash.",
    "E-HASH-06": "The published version downloads as other bytes than its CodeSha256.",
    "E-HASH-07": "Lambda recorded another signing job or profile than ours.",
    "E-HASH-08": "The published version's configuration differs from the staged one.",
    # -- CONFLICT
    "E-CONFLICT-01": "The function was changed by somebody else before the update.",
    "E-CONFLICT-02": "The dry run changed the function, or somebody did meanwhile.",
    "E-CONFLICT-03": "The function's configuration was changed during the update.",
    "E-CONFLICT-04": "The alias was moved by somebody else.",
    "E-CONFLICT-05": "$LATEST was changed again and again while publishing.",
    # -- SIGNATURE: the CMS signature (numbers are those of the checks in signature/verification.py)
    "E-SIGNATURE-01": "The signed zip does not hold exactly the build's files.",
    "E-SIGNATURE-02": "The zip holds no signature file.",
    "E-SIGNATURE-21": "The signature file is too large, or not one PKCS7 block of PEM.",
    "E-SIGNATURE-22": "The signature is not a CMS SignedData of Signer's form.",
    "E-SIGNATURE-23": "The signature carries content, or is of another version or content type.",
    "E-SIGNATURE-24": "Not exactly one signer, or a signer of another form.",
    "E-SIGNATURE-25": "The signature has attributes that nobody signed.",
    "E-SIGNATURE-26": "Another algorithm than SHA-384 and ECDSA with SHA-384.",
    "E-SIGNATURE-27": "No certificates, too many, or one that cannot be read.",
    "E-SIGNATURE-28": "The signer is not exactly one of the certificates.",
    "E-SIGNATURE-29": "The signer's certificate is not one for signing code with ECDSA P-384.",
    "E-SIGNATURE-30": "The signature does not verify with the signer's key.",
    "E-SIGNATURE-31": "A signed attribute is missing, doubled or malformed.",
    "E-SIGNATURE-32": "The signed attributes name other algorithms than were used.",
    "E-SIGNATURE-33": "The certificates do not lead to a pinned root.",
    "E-SIGNATURE-34": "A certificate of the chain may not issue the one below it.",
    "E-SIGNATURE-35": "A certificate of the chain has a critical extension that is not known.",
    "E-SIGNATURE-36": "A certificate of the chain was not valid when the zip was signed.",
    "E-SIGNATURE-37": "The signing time lies in the future.",
    "E-SIGNATURE-38": "The signature has expired.",
    "E-SIGNATURE-39": "Signed by another signing job than ours.",
    "E-SIGNATURE-40": "Signed with another signing profile version than ours.",
    "E-SIGNATURE-41": "The signed digest is not the digest of the zip's content.",
    # -- JOB
    "E-JOB-01": "The signing job failed.",
    "E-JOB-02": "The signing job signed something else.",
    "E-JOB-03": "The signing job or its result cannot be found.",
    "E-JOB-04": "The job that signed this build was revoked.",
    # -- LAMBDA
    "E-LAMBDA-01": "The update of the function failed.",
    "E-LAMBDA-02": "The published version failed.",
    "E-LAMBDA-03": "The region's code storage is full.",
    "E-LAMBDA-04": "Lambda refused the signature.",
    # -- SMOKE
    "E-SMOKE-01": "The smoke event was answered with an error.",
    "E-SMOKE-02": "The smoke event's file cannot be used.",
    # -- TARGET
    "E-TARGET-01": "The target version does not exist.",
    "E-TARGET-02": "No previous version is recorded on the alias.",
    "E-TARGET-03": "The target version was not verified by signing.",
    "E-TARGET-04": "The target version's signature or profile was revoked since.",
    "E-TARGET-05": "The target version's code is stored by reference, not as a copy.",
    "E-TARGET-06": "The target version is not active.",
    "E-TARGET-07": "The target version's code is not what Lambda recorded.",
    "E-TARGET-08": "The alias to promote from does not exist or cannot be used.",
    "E-TARGET-09": "The code to promote is made for another package type, runtime, architecture or"
    " handler.",
    "E-TARGET-10": "The version to promote carries no record of this action.",
    "E-TARGET-11": "The alias was rolled back already.",
    # -- SETUP: the console command, not the action
    "E-SETUP-01": "Something that a deploy needs is missing.",
    "E-SETUP-02": "Something is there in another form than a deploy needs.",
    "E-SETUP-03": "Something stands in the way or cannot be seen, so nothing was made.",
    "E-SETUP-04": "The name of a new signing profile was not chosen; it is taken for ever.",
    "E-SETUP-05": "A workflow file cannot be read or written.",
    # -- MOVED, SUPERSEDED, CANCEL, TIME, INTERNAL
    "E-MOVED-01": "The alias move was sent and could not be read back.",
    "E-SUPERSEDED-01": "A newer run has already moved the alias.",
    "E-CANCEL-01": "The job was cancelled.",
    "E-TIME-01": "The run's time was over.",
    "E-INTERNAL-01": "A mistake of ours.",
}


def _sentence(text: str) -> str:
    """The text, closed with a full stop where it has no closing mark of its own."""
    text = text.strip()
    return text if not text or text[-1] in ".!?:`" else f"{text}."
