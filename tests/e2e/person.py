"""A person at a machine of their own: what infra/person.yaml lets them, and no more."""

import json
import subprocess
import sys
from dataclasses import dataclass

from tests.e2e import stack as deployed
from tests.e2e.cloud import ACCOUNT, REGION, ROOT, Ministack
from tests.e2e.fleet import PERSON
from tests.e2e.stack import Stack
from tests.e2e.waiting import until

SAID_WITHIN_S = 120
MADE_WITHIN_S = 60
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        }
    ],
}


@dataclass(frozen=True)
class Person:
    """Who uses the command line on the stack."""

    cloud: Ministack
    credentials: dict[str, str]

    def say(self, *words: str) -> str:
        """A verb of `seawall`; gives what it says on stdout."""
        done = subprocess.run(  # noqa: S603  this project's own command
            [sys.executable, "-m", "seawall", *words],
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(self.cloud.folder),
                "PYTHONPATH": str(ROOT / "shared"),
                "SEAWALL_STATE": f"aws:{deployed.NAME}",
                "AWS_ENDPOINT_URL": self.cloud.url,
                "AWS_CA_BUNDLE": str(self.cloud.authority),
                "AWS_REGION": REGION,
                **self.credentials,
            },
            cwd=self.cloud.folder,
            capture_output=True,
            text=True,
            timeout=SAID_WITHIN_S,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"seawall {' '.join(words)}: {done.returncode}: {done.stderr}")
        return done.stdout


def person(cloud: Ministack, stack: Stack) -> Person:
    """Make the policies of the file and a role that has them, and enter it."""
    iam, sts = cloud.client("iam"), cloud.client("sts")
    made = iam.create_role(RoleName=PERSON, AssumeRolePolicyDocument=json.dumps(TRUST))
    for policy in _policies(cloud, stack).values():
        iam.attach_role_policy(RoleName=PERSON, PolicyArn=policy)
    said = sts.assume_role(RoleArn=made["Role"]["Arn"], RoleSessionName="session")["Credentials"]
    names = {
        "AWS_ACCESS_KEY_ID": "AccessKeyId",
        "AWS_SECRET_ACCESS_KEY": "SecretAccessKey",
        "AWS_SESSION_TOKEN": "SessionToken",
    }
    return Person(cloud, {name: said[of] for name, of in names.items()})


def _policies(cloud: Ministack, stack: Stack) -> dict[str, str]:
    client, name = cloud.client("cloudformation"), "people"
    given = {
        "StackName": deployed.NAME,
        "TableName": stack.resources["Table"],
        "BucketName": stack.resources["Bucket"],
    }
    client.create_stack(
        StackName=name,
        TemplateBody=(ROOT / "infra" / "person.yaml").read_text(),
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()],
        Capabilities=["CAPABILITY_IAM"],
    )

    def outputs() -> dict[str, str]:
        (said,) = client.describe_stacks(StackName=name)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in said.get("Outputs", ())}

    return until(outputs, "the policies are made", MADE_WITHIN_S)
