"""Google Cloud: our login, the client of GKE, and its errors in the words of `model.errors`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

from seawall.clouds.told import lacking, shown
from seawall.model.errors import NoEntry, SeawallError, Trouble, TryLater

if TYPE_CHECKING:
    from google.api_core.exceptions import GoogleAPICallError
    from google.api_core.retry import Retry
    from google.auth.credentials import Credentials
    from google.auth.exceptions import GoogleAuthError
    from google.cloud.container_v1 import ClusterManagerClient

SERVICE: Final = "gke"
DNS: Final = "dns"
"""The endpoint of a cluster that Google's front end answers at, by a public authority's word."""

SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
TOO_MANY: Final = 429
SERVER_FAULT: Final = 500


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an answer is waited for, and for how long it is asked again."""

    call_s: float = 10
    first_pause_s: float = 0.2
    longest_pause_s: float = 4
    total_s: float = 25


def _login() -> "Credentials":
    import google.auth

    found, _ = google.auth.default(scopes=[SCOPE])
    return found


class Gcp:
    """One login, its token and its client. Several threads may share it."""

    def __init__(
        self,
        login: Callable[[], "Credentials"] = _login,
        *,
        endpoint: str = "",
        patience: Patience = Patience(),
    ) -> None:
        """Args: `endpoint`, where another one than Google's answers (Private Service Connect)."""
        self._login, self._endpoint, self.patience = login, endpoint, patience
        self._lock = Lock()
        self._found: Credentials | None = None

    def token(self) -> str:
        """An access token, good for minutes at least; never to be logged.

        Raises:
            NoEntry: The login was refused or has expired.
            TryLater: Google could not be asked.
            Trouble: There is no login, or google-auth is not installed.
        """
        with self._lock, translated("the login of Google Cloud"):
            found = self._credentials()
            if not found.valid:  # google-auth takes what ends within 3:45 min for expired
                from google.auth.transport.requests import Request

                found.refresh(Request())  # type: ignore[no-untyped-call]  # google-auth says no types
            return str(found.token)

    def clusters(self) -> "ClusterManagerClient":
        """GKE over REST: gRPC weighs more, and does no more here. Raises as `token`."""
        with self._lock, translated("the login of Google Cloud"):
            found = self._credentials()
            from google.api_core.client_options import ClientOptions
            from google.cloud.container_v1 import ClusterManagerClient

            options = ClientOptions(api_endpoint=self._endpoint) if self._endpoint else None
            return ClusterManagerClient(credentials=found, transport="rest", client_options=options)

    def again(self) -> "Retry":
        """What is asked again. The SDK's own retry knows neither 429 nor a broken connection."""
        from google.api_core import exceptions
        from google.api_core.retry import Retry, if_exception_type

        wait = self.patience
        return Retry(
            predicate=if_exception_type(
                exceptions.TooManyRequests,
                exceptions.ServerError,
                OSError,  # requests.RequestException is one: over REST it comes as it is
            ),
            initial=wait.first_pause_s,
            maximum=wait.longest_pause_s,
            timeout=wait.total_s,
        )

    def _credentials(self) -> "Credentials":
        if self._found is None:
            self._found = self._login()
        return self._found


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise what Google says of `what` as TryLater, NoEntry or Trouble; no text holds a token."""
    try:
        from google.api_core.exceptions import GoogleAPICallError, RetryError
        from google.auth.exceptions import GoogleAuthError
        from google.protobuf.json_format import ParseError  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise lacking(error, "gcp") from error
    try:
        yield
    except RetryError as error:
        raise _given_up(what, error.cause) from error
    except GoogleAPICallError as error:
        raise _answered(what, error) from error
    except GoogleAuthError as error:
        raise _not_let_in(what, error) from error
    except ParseError as error:
        raise NoEntry(
            f"{what}: the answer is not Google's; is there a proxy on the way?"
        ) from error
    except OSError as error:  # whatever `requests` raises
        raise _given_up(what, error) from error


def is_off(error: BaseException | None) -> bool:
    """Whether the API was never turned on for a project: nothing of its kind can be there."""
    return getattr(error, "reason", None) == "SERVICE_DISABLED"


def _given_up(what: str, cause: BaseException | None) -> TryLater:
    code = getattr(cause, "code", None)
    said = f"HTTP {int(code)}" if isinstance(code, int) else type(cause).__name__
    return TryLater(f"{what}: Google is busy or cannot be reached ({said}); asked again next run")


def _answered(what: str, error: "GoogleAPICallError") -> SeawallError:
    code = error.code or 0
    if code == TOO_MANY or code >= SERVER_FAULT:
        return _given_up(what, error)
    # "GET https://...: Required "container.clusters.list" permission(s) ...": what comes after it.
    said = shown(str(error.message).rpartition(": ")[2])
    return NoEntry(f"{what}: refused (HTTP {int(code)} {error.reason or said})")


def _not_let_in(what: str, error: "GoogleAuthError") -> SeawallError:
    """By the kind of the error: its text may quote the answer of a token endpoint."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    name = type(error).__name__
    if "DefaultCredentialsError" in kinds:
        return Trouble(
            f"{what}: none was found ({name}); run `gcloud auth application-default login`, or "
            "name a file in GOOGLE_APPLICATION_CREDENTIALS"
        )
    if "TransportError" in kinds or error.retryable:
        return TryLater(f"{what}: Google could not be asked ({name}); it is tried again next run")
    return NoEntry(f"{what}: refused or expired ({name}); log in again")
