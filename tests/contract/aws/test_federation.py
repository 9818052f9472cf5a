"""Logins to the other clouds: made of who we are in AWS, and of nothing secret."""

import json
from typing import Any

import pytest
from azure.identity import ClientAssertionCredential
from boto3 import Session
from google.auth.aws import Credentials

from seawall.clouds.aws import Aws
from seawall.clouds.federation import azure_login, google_login
from seawall.model.errors import Trouble

CONFIGURATION: dict[str, Any] = {
    "type": "external_account",
    "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p",
    "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
    "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/"
    "serviceAccounts/seawall-read@shop-prod.iam.gserviceaccount.com:generateAccessToken",
    "token_url": "https://sts.googleapis.com/v1/token",
    "credential_source": {
        "environment_id": "aws1",
        "regional_cred_verification_url": "https://sts.{region}.amazonaws.com"
        "?Action=GetCallerIdentity&Version=2011-06-15",
    },
}


def test_a_configuration_of_gcloud_gives_the_login_of_its_service_account() -> None:
    found = google_login(json.dumps(CONFIGURATION))()

    assert isinstance(found, Credentials)
    assert "seawall-read@shop-prod.iam.gserviceaccount.com" == found.service_account_email


@pytest.mark.parametrize(
    "text, said",
    [
        pytest.param("seawall-read@shop", "no JSON", id="no JSON"),
        pytest.param("[]", "not one for AWS", id="a list"),
        pytest.param(
            '{"type": "service_account", "private_key": "x"}', "not one for AWS", id="a key"
        ),
        pytest.param(
            json.dumps(CONFIGURATION | {"credential_source": {"file": "/etc/passwd"}}),
            "not one for AWS",
            id="a file",
        ),
        pytest.param(
            json.dumps(CONFIGURATION | {"credential_source": {"executable": {"command": "id"}}}),
            "not one for AWS",
            id="a command",
        ),
    ],
)
def test_any_other_configuration_is_refused_and_not_repeated(text: str, said: str) -> None:
    with pytest.raises(Trouble, match=said) as refused:
        google_login(text)()

    assert text not in str(refused.value)


def test_an_application_of_entra_is_logged_in_to_without_a_secret() -> None:
    session = Session("testing", "testing", region_name="eu-central-1")

    login = azure_login(Aws(lambda: session), "00000000-0000-0000-0000-000000000001", "client")

    assert isinstance(login(), ClientAssertionCredential)  # nobody is asked before a token is
