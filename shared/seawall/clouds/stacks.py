"""What a stack of AWS says of itself: the outputs and parameters of one that template.yaml made."""

from dataclasses import dataclass
from typing import Any, Final

from seawall.clouds.aws import Aws, patient, translated
from seawall.model.errors import NoEntry, Trouble

NEEDED: Final = ("TableName", "BucketName", "DiscoverFunction")
CALL: Final = "cloudformation:DescribeStacks"


@dataclass(frozen=True, slots=True)
class StackFacts:
    """Where a deployed Seawall keeps its memory, and who looks for clusters."""

    name: str
    fleet: str
    table: str
    bucket: str
    discover: str


def stack_facts(aws: Aws, name: str) -> StackFacts:
    """The stack of this name, in the account and region of the credentials.

    Raises:
        TryLater: CloudFormation is busy or away.
        Trouble: There are no credentials, or no boto3; no such stack, one that is not Seawall's, or
            one that may not be looked at.
    """
    session = aws.session()
    region = session.region_name
    if not region:
        raise Trouble(f"no region of AWS is chosen: set AWS_REGION to that of the stack {name}")
    with translated("CloudFormation"):
        client: Any = session.client("cloudformation", config=patient())
    try:
        with translated(f"CloudFormation DescribeStacks of {name} in {region}"):
            (said,) = client.describe_stacks(StackName=name)["Stacks"]
    except NoEntry as error:
        raise Trouble(f"{error}; {_cure(str(error), name)}") from error
    outputs = {each["OutputKey"]: each["OutputValue"] for each in said.get("Outputs", ())}
    given = {each["ParameterKey"]: each["ParameterValue"] for each in said.get("Parameters", ())}
    lacking = [each for each in NEEDED if each not in outputs]
    if lacking or "Fleet" not in given:
        raise Trouble(
            f"the stack {name} in {region} is not one of Seawall's template, or was never deployed "
            f"to its end: it says nothing of {', '.join(lacking) or 'Fleet'}; `aws cloudformation "
            "list-stacks` names those there are"
        )
    table, bucket, discover = (outputs[each] for each in NEEDED)
    return StackFacts(name, given["Fleet"], table, bucket, discover)


def _cure(said: str, name: str) -> str:
    if "(ValidationError)" in said:
        return (
            f"is there a stack {name} in this account and region? `aws cloudformation list-stacks` "
            "names those there are; AWS_PROFILE and AWS_REGION choose others"
        )
    if "not permitted" in said:
        return f"let your role do {CALL} on that stack (infra/person.yaml)"
    return "`aws sts get-caller-identity` shows whether your login is good"
