"""Azure: our login, clients that never write, and its errors in the words of `model.errors`."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from seawall import __version__
from seawall.clouds.told import lacking, shown
from seawall.model.errors import NoEntry, SeawallError, Trouble, TryLater

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
    from azure.core.pipeline import PipelineRequest, PipelineResponse
    from azure.core.pipeline.policies import HTTPPolicy, RetryPolicy, SansIOHTTPPolicy
    from azure.mgmt.containerservice import ContainerServiceClient

SERVICE: Final = "aks"
MANAGEMENT: Final = "https://management.azure.com/.default"
SERVER_APPLICATION: Final = "6dae42f8-4368-4678-94ff-3960e28e3630/.default"
"""Azure Kubernetes Service AAD Server, one application for all clusters
(learn.microsoft.com/azure/aks/kubelogin-authentication)."""

OK: Final = 200
PASSING: Final = frozenset({408, 429})
SERVER_FAULT: Final = 500
UNREGISTERED: Final = "MissingSubscriptionRegistration"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited for an answer, and in all; a longer `Retry-After` ends the asking."""

    connect_s: float = 3
    read_s: float = 15
    retries: int = 3
    pause_factor_s: float = 0.5
    longest_pause_s: float = 8
    total_s: float = 30


def _login() -> "TokenCredential":
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential()


class Azure:
    """One login and its clients. Several threads may share it."""

    def __init__(
        self,
        login: Callable[[], "TokenCredential"] = _login,
        *,
        endpoint: str = "",
        authority: Path | None = None,
        patience: Patience = Patience(),
    ) -> None:
        """What stands in for Azure's own endpoint, and the PEM file of who vouches for that."""
        self._login, self._endpoint, self._authority = login, endpoint, authority
        self._patience, self._lock = patience, Lock()
        self._found: TokenCredential | None = None

    def token(self) -> str:
        """A token for the API servers of AKS; never to be logged.

        Raises:
            NoEntry: The login was refused or has expired.
            TryLater: Entra could not be asked.
            Trouble: There is no login, or azure-identity is not installed.
        """
        with translated("the login of Azure"):
            return self._credential().get_token(SERVER_APPLICATION).token

    def clusters(self, subscription: str) -> "ContainerServiceClient":
        """AKS of a subscription. Raises as `token`."""
        with translated("the login of Azure"):
            found = self._credential()
            from azure.mgmt.containerservice import ContainerServiceClient

            return ContainerServiceClient(
                found,
                subscription,
                self._endpoint or None,
                policies=_policies(found, self._patience),
                connection_timeout=self._patience.connect_s,
                read_timeout=self._patience.read_s,
                connection_verify=str(self._authority) if self._authority else True,
            )

    def _credential(self) -> "TokenCredential":
        with self._lock:
            if self._found is None:
                self._found = self._login()
            return self._found


def _policies(
    found: "TokenCredential", patience: Patience
) -> list["HTTPPolicy[Any, Any] | SansIOHTTPPolicy[Any, Any]"]:
    """The SDK's own list would register resource providers, which is a write, and log requests."""
    from azure.core.pipeline import policies
    from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

    return [
        policies.RequestIdPolicy(),
        policies.HeadersPolicy(),
        policies.UserAgentPolicy(f"seawall/{__version__}"),
        _whole_lists(),
        policies.ContentDecodePolicy(),
        _again(patience),
        ARMChallengeAuthenticationPolicy(found, MANAGEMENT),
    ]


def _whole_lists() -> "SansIOHTTPPolicy[Any, Any]":
    """The SDK takes an answer without a list for an empty one, and all clusters would be gone."""
    from azure.core.exceptions import DecodeError
    from azure.core.pipeline.policies import ContentDecodePolicy, SansIOHTTPPolicy

    class WholeLists(SansIOHTTPPolicy[Any, Any]):
        def on_response(
            self, request: "PipelineRequest[Any]", response: "PipelineResponse[Any, Any]"
        ) -> None:
            answer = response.http_response
            if request.http_request.method != "GET" or answer.status_code != OK:
                return
            told = response.context.get(ContentDecodePolicy.CONTEXT_NAME)
            if not (isinstance(told, dict) and isinstance(told.get("value"), list)):
                raise DecodeError("no list", response=answer)

    return WholeLists()


def _again(patience: Patience) -> "RetryPolicy[Any, Any]":
    """Asks again, and waits as long as it is told to; but not for hours, as the SDK would."""
    from azure.core.pipeline.policies import RetryPolicy

    class Bounded(RetryPolicy[Any, Any]):
        def is_retry(
            self, settings: dict[str, Any], response: "PipelineResponse[Any, Any]"
        ) -> bool:
            wait_s = self.get_retry_after(response) or 0
            return wait_s <= patience.total_s and super().is_retry(settings, response)

    return Bounded(
        retry_total=patience.retries,
        retry_connect=patience.retries,
        retry_read=patience.retries,
        retry_status=patience.retries,
        retry_backoff_factor=patience.pause_factor_s,
        retry_backoff_max=patience.longest_pause_s,
        timeout=patience.total_s,
    )


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise what Azure says of `what` as TryLater, NoEntry or Trouble; no text holds a token."""
    try:
        from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
        from azure.identity import CredentialUnavailableError
    except ModuleNotFoundError as error:
        raise lacking(error, "azure") from error
    try:
        yield
    except CredentialUnavailableError as error:
        raise Trouble(
            f"{what}: none was found; run `az login`, or set AZURE_CLIENT_ID, AZURE_TENANT_ID and "
            "a way to prove it"
        ) from error
    except ClientAuthenticationError as error:
        raise _not_let_in(what, error) from error
    except HttpResponseError as error:
        raise _answered(what, error) from error
    except AzureError as error:
        raise _given_up(what, type(error).__name__) from error


def is_off(error: BaseException | None) -> bool:
    """Whether AKS was never turned on for a subscription: no cluster can be there."""
    return _code(error) == UNREGISTERED


def _code(error: BaseException | None) -> str:
    return str(getattr(getattr(error, "error", None), "code", None) or "")


def _given_up(what: str, said: str) -> TryLater:
    return TryLater(f"{what}: Azure is busy or cannot be reached ({said}); asked again next run")


def _not_let_in(what: str, error: "ClientAuthenticationError") -> NoEntry:
    """By Entra's number of the error (AADSTS700016 ...) and by ARM's code, not by its text."""
    number = re.search(r"AADSTS\d+", error.message)
    named = number.group() if number else _code(error) or f"HTTP {error.status_code}"
    return NoEntry(f"{what}: refused or expired ({shown(named)}); log in again")


def _answered(what: str, error: "HttpResponseError") -> SeawallError:
    status = error.status_code or 0
    if status in PASSING or status >= SERVER_FAULT:
        return _given_up(what, f"HTTP {status}")
    if status == OK:
        return NoEntry(f"{what}: the answer is not Azure's; is there a proxy on the way?")
    message = str(getattr(error.error, "message", None) or "")
    said = shown(f"{_code(error)} {message}".strip())
    return NoEntry(f"{what}: refused (HTTP {status}{' ' if said else ''}{said})")
