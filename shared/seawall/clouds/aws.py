"""AWS: sessions, roles in other accounts, and its errors in the words of `model.errors`."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from seawall.clouds.told import lacking, shown
from seawall.model.errors import NoEntry, SeawallError, Trouble, TryLater

if TYPE_CHECKING:
    from boto3 import Session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from mypy_boto3_account import AccountClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_eks import EKSClient
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

SERVICE: Final = "eks"
SESSION_NAME: Final = "seawall"
SESSION_S: Final = 3600
"""The most that a role may be held which was entered from another role (a Lambda's own)."""

RENEWED_BEFORE: Final = timedelta(minutes=15)
"""An EKS token is good for 15 minutes, but not past the session that signed it."""

HOME_REGION: Final = "us-east-1"
"""Where nobody configured one; its STS and account endpoints serve all commercial regions."""

ROLE: Final = re.compile(r"arn:(aws[a-z-]*):iam::([0-9]{12}):role/[\w+=,.@/-]{1,576}", re.ASCII)

# docs.aws.amazon.com/general/latest/gr/api-retries.html; EKS documents none of its own.
THROTTLES: Final = frozenset(
    {
        *("BandwidthLimitExceeded", "LimitExceededException", "PriorRequestNotComplete"),
        *("ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled"),
        *("RequestThrottledException", "RequestTimeout", "RequestTimeoutException", "SlowDown"),
        *("Throttling", "ThrottledException", "ThrottlingException", "TooManyRequestsException"),
        "TransactionInProgressException",
    }
)

# Their messages name the permission and the resource. Others may quote the request: that of
# SignatureDoesNotMatch holds the session token.
DENIALS: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})

ADVICE: Final = {
    "UnrecognizedClientException": "is the region turned off, or were the credentials deleted?",
    "InvalidClientTokenId": "is the region turned off, or were the credentials deleted?",
    "ExpiredToken": "the credentials have expired; log in again",
    "ExpiredTokenException": "the credentials have expired; log in again",
}

SETTINGS: Final = frozenset(
    {
        *("ConfigNotFound", "ConfigParseError", "InvalidConfigError", "InvalidRegionError"),
        *("NoCredentialsError", "NoRegionError", "ParamValidationError", "PartialCredentialsError"),
        *("ProfileNotFound", "UnknownServiceError"),
    }
)
LOGINS: Final = frozenset(
    {
        *("CredentialRetrievalError", "LoginError", "NoAuthTokenError", "SSOError"),
        *("TokenRetrievalError", "UnauthorizedSSOTokenError"),
    }
)
WEATHER: Final = frozenset({"ConnectionError", "HTTPClientError", "MetadataRetrievalError"})


@dataclass(frozen=True, slots=True)
class AccountRole:
    """How an account is entered: through a role in it, or, without one, as whoever we are."""

    role: str = ""
    external_id: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.role and not ROLE.fullmatch(self.role):
            raise Trouble(
                f"{shown(self.role)!r} is no ARN of a role; it should look like "
                "arn:aws:iam::123456789012:role/seawall-read"
            )

    @property
    def account(self) -> str:
        """The account of the role; empty: our own, which STS knows."""
        return self.role.split(":")[4] if self.role else ""


OURSELVES: Final = AccountRole()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are in an account; the partition is `aws`, `aws-cn`, `aws-us-gov` ..."""

    account: str
    partition: str


def _begin() -> "Session":
    from boto3 import Session

    return Session()


def beginning_in(region: str) -> Callable[[], "Session"]:
    """A session in a region; empty: in the one that was configured."""

    def begin() -> "Session":
        from boto3 import Session

        return Session(region_name=region or None)

    return begin


def _now() -> datetime:
    return datetime.now(UTC)


class Aws:
    """Clients for accounts that are entered by role. Several threads may share it."""

    def __init__(
        self, begin: Callable[[], "Session"] = _begin, clock: Callable[[], datetime] = _now
    ) -> None:
        self._begin, self._clock = begin, clock
        self._lock = RLock()  # making a client is not safe in two threads of one session
        self._own: Session | None = None
        self._entered: dict[AccountRole, tuple[Session, datetime]] = {}
        # By session and not by role: a client has the credentials of its session for life, and a
        # role that is entered anew has a new session. Those of the old one go with it.
        self._asking: WeakKeyDictionary[Session, dict[str, STSClient]] = WeakKeyDictionary()

    def session(self, role: AccountRole = OURSELVES) -> "Session":
        """A session in the account, good for 15 minutes at least if a role was entered.

        Raises:
            NoEntry: The role may not be entered.
            TryLater: STS is busy or away.
            Trouble: There are no credentials, or boto3 is not installed.
        """
        with self._lock:
            own = self._own = self._own or self._begun()
            if not role.role:
                return own
            session, ends_at = self._entered.get(role, (own, datetime.min.replace(tzinfo=UTC)))
            if ends_at - self._clock() < RENEWED_BEFORE:
                session, ends_at = self._enter(own, role)
                self._entered[role] = (session, ends_at)
            return session

    def identity(self, role: AccountRole = OURSELVES) -> Identity:
        """Who we are there; this needs no permission. Raises as `session`."""
        session = self.session(role)
        with self._lock, translated("STS GetCallerIdentity"):
            said = self.sts(session, home(session)).get_caller_identity()
        return Identity(said["Account"], said["Arn"].split(":")[1])

    def eks(self, role: AccountRole, region: str) -> "EKSClient":
        """EKS of a region. Raises as `session`."""
        session = self.session(role)
        with self._lock, translated(f"EKS in {region}"):
            return session.client("eks", region_name=region, config=patient())

    def sts(self, session: "Session", region: str) -> "STSClient":
        """STS of a region: sessions made by the global one are not known in opt-in regions.

        Made once for each session and region: it takes as long as ten signatures.
        """
        with self._lock, translated(f"STS in {region}"):
            made = self._asking.setdefault(session, {})
            if region not in made:
                made[region] = session.client("sts", region_name=region, config=patient())
            return made[region]

    def ec2(self, role: AccountRole) -> "EC2Client":
        """EC2 of the home region. Raises as `session`."""
        session = self.session(role)
        with self._lock, translated("EC2"):
            return session.client("ec2", region_name=home(session), config=patient())

    def account(self, role: AccountRole) -> "AccountClient":
        """Account Management, which is one for all regions. Raises as `session`."""
        session = self.session(role)
        with self._lock, translated("Account Management"):
            return session.client("account", region_name=home(session), config=patient())

    def _begun(self) -> "Session":
        try:
            with translated("the settings of AWS"):
                return self._begin()
        except ModuleNotFoundError as error:
            raise lacking(error, "aws") from error

    def _enter(self, own: "Session", role: AccountRole) -> tuple["Session", datetime]:
        from boto3 import Session

        asked: AssumeRoleRequestTypeDef = {
            "RoleArn": role.role,
            "RoleSessionName": SESSION_NAME,
            "DurationSeconds": SESSION_S,
        }
        if role.external_id:
            asked["ExternalId"] = role.external_id
        with translated(f"entering {role.role}"):
            said = self.sts(own, home(own)).assume_role(**asked)["Credentials"]
        session = Session(
            aws_access_key_id=said["AccessKeyId"],
            aws_secret_access_key=said["SecretAccessKey"],
            aws_session_token=said["SessionToken"],
            region_name=home(own),
        )
        return session, said["Expiration"]


def home(session: "Session") -> str:
    """The region that was configured, or the one that serves all."""
    return session.region_name or HOME_REGION


def patient() -> "Config":
    """Five tries in about 20 s, and no single call that hangs.

    Mode `standard`: `adaptive` counts by client object, and may sleep into a function's deadline.
    """
    from botocore.config import Config

    return Config(
        retries={"mode": "standard", "total_max_attempts": 5},
        connect_timeout=3,
        read_timeout=15,
        tcp_keepalive=True,
    )


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise what boto3 says of `what` as TryLater, NoEntry or Trouble; no text quotes a request."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise _answered(what, error) from error
    except BotoCoreError as error:
        raise _unanswered(what, error) from error


def code_of(error: "ClientError") -> str:
    """The name of an error that a service answered with."""
    return error.response.get("Error", {}).get("Code", "")


def _answered(what: str, error: "ClientError") -> SeawallError:
    code = code_of(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    name = shown(code)
    if code in THROTTLES or status == 429 or status >= 500:  # noqa: PLR2004  HTTP's own numbers
        return TryLater(f"{what}: AWS is busy ({name}); it is asked again with the next run")
    if code in DENIALS:
        message = shown(error.response.get("Error", {}).get("Message", ""))
        return NoEntry(f"{what}: not permitted ({message or name})")
    advice = ADVICE.get(code)
    return NoEntry(f"{what}: refused ({name})" + (f"; {advice}" if advice else ""))


def _unanswered(what: str, error: "BotoCoreError") -> SeawallError:
    """By the name of the error, and of those it derives from; its text may hold a URL."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    name = type(error).__name__
    if kinds & SETTINGS:
        return Trouble(f"{what}: the settings of AWS cannot be used ({name}); `aws configure list`")
    if kinds & LOGINS:
        return NoEntry(f"{what}: no credentials were given ({name}); log in again")
    if "SSLError" in kinds:
        return NoEntry(f"{what}: the endpoint could not prove who it is ({name})")
    if kinds & WEATHER:
        return TryLater(f"{what}: the endpoint cannot be reached ({name}); is it in this region?")
    return NoEntry(f"{what}: the SDK gave up ({name})")
