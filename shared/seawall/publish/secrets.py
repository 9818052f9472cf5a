"""Secrets by name, from AWS Secrets Manager or the SSM parameter store. Never in a text."""

import re
from typing import Final

from seawall.clouds.aws import Aws, home, patient, translated
from seawall.model.errors import NoEntry, Trouble

ARN: Final = re.compile(
    r"arn:aws[a-z-]*:secretsmanager:([a-z0-9-]{1,32}):[0-9]{12}:secret:[\w/+=.@-]{1,520}", re.ASCII
)
PARAMETER: Final = re.compile(r"ssm:(/?[\w./-]{1,1011})", re.ASCII)


def secret(aws: Aws, ref: str) -> str:
    """The secret that `arn:aws:secretsmanager:...` or `ssm:/name` names; to be kept, not asked for.

    Raises:
        TryLater: AWS is busy or away.
        Trouble: It names none, this role may not read it, or it is empty.
    """
    try:
        with translated(f"the secret {ref}" if _names_one(ref) else "a secret"):
            value = _value(aws, ref)
    except NoEntry as error:
        raise Trouble(f"{error}; does it exist, and may this role read it?") from error
    if not value.strip():
        raise Trouble(f"the secret {ref} is empty; put the value there, as plain text")
    return value.strip()


def _names_one(ref: str) -> bool:
    return bool(ARN.fullmatch(ref) or PARAMETER.fullmatch(ref))


def _value(aws: Aws, ref: str) -> str:
    session = aws.session()
    if found := ARN.fullmatch(ref):
        manager = session.client("secretsmanager", region_name=found[1], config=patient())
        return str(manager.get_secret_value(SecretId=ref).get("SecretString", ""))
    if found := PARAMETER.fullmatch(ref):
        store = session.client("ssm", region_name=home(session), config=patient())
        said = store.get_parameter(Name=found[1], WithDecryption=True)
        return str(said["Parameter"].get("Value", ""))
    # Somebody may have put the secret itself there: it is not repeated.
    raise Trouble(
        "a secret must be named by arn:aws:secretsmanager:... or by ssm:/name, and what was given "
        "is neither; put the secret into one of these stores and name it"
    )
