"""Logins from AWS to the other clouds without a secret: each is shown who we are in AWS.

Google asks STS itself, by a signed request (cloud.google.com/iam/docs/
workload-identity-federation); Entra takes a token that STS issues for it (docs.aws.amazon.com/IAM/
latest/UserGuide/id_roles_providers_outbound.html), which an account has to turn on once.
"""

from json import JSONDecodeError, loads
from typing import TYPE_CHECKING, Final

from seawall.clouds.aws import Aws, home, translated
from seawall.clouds.gcp import SCOPE
from seawall.model.errors import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.credentials import TokenCredential
    from google.auth.credentials import Credentials

AUDIENCE: Final = "api://AzureADTokenExchange"
GOOD_S: Final = 300


def google_login(configuration: str) -> "Callable[[], Credentials]":
    """A login by a credential configuration for AWS; gcloud writes one.

    The login raises Trouble if it is none; what google-auth raises, `clouds.gcp` translates.
    """

    def login() -> "Credentials":
        from google.auth.aws import Credentials as AwsCredentials

        found: Credentials = AwsCredentials.from_info(  # type: ignore[no-untyped-call]  # google-auth says no types
            _configuration(configuration), scopes=[SCOPE]
        )
        return found

    return login


def azure_login(aws: Aws, tenant: str, client: str) -> "Callable[[], TokenCredential]":
    """A login as an application of Entra that trusts our role. Its errors are translated there."""

    def assertion() -> str:
        session = aws.session()
        sts = aws.sts(session, home(session))  # the global STS does not issue these tokens
        with translated("STS GetWebIdentityToken"):
            said = sts.get_web_identity_token(
                Audience=[AUDIENCE], SigningAlgorithm="RS256", DurationSeconds=GOOD_S
            )
        return said["WebIdentityToken"]

    def login() -> "TokenCredential":
        from azure.identity import ClientAssertionCredential

        return ClientAssertionCredential(tenant, client, assertion)

    return login


def _configuration(text: str) -> dict[str, object]:
    try:
        found = loads(text)
    except JSONDecodeError as error:
        raise Trouble(
            "the configuration of Google's workload identity federation is no JSON "
            f"(line {error.lineno}); `gcloud iam workload-identity-pools create-cred-config` "
            "writes it"
        ) from error
    source = found.get("credential_source") if isinstance(found, dict) else None
    if not isinstance(source, dict) or source.get("environment_id") != "aws1":
        raise Trouble(
            "the configuration of Google's workload identity federation is not one for AWS; "
            "make it with `--aws`"
        )
    return dict(found)
