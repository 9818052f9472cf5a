"""The fleet of a stack in AWS, for a person: its memory, and its clusters by the person's rights.

Who reads and writes is the person, never a role of the stack: AWS lets them at the table and the
bucket, and RBAC of each cluster at its policies.
"""

import uuid
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from seawall.model.errors import Trouble
from seawall.wiring.aws_clusters import Clouds, doors
from seawall.wiring.aws_settings import AwsSettings
from seawall.wiring.clusters import LiveClusters
from seawall.wiring.environment import Settings
from seawall.wiring.known import KnownFleet

if TYPE_CHECKING:
    from seawall.clouds.azure import Azure
    from seawall.clouds.gcp import Gcp
    from seawall.clouds.stacks import StackFacts
    from seawall.flow.desks import Process
    from seawall.flow.ports import Runs

SERVICES = ("eks", "gke", "aks")


class OwnLogins(Clouds):
    """The logins of a person: what `gcloud` and `az` know on this machine, for both halves."""

    @cached_property
    def gcp(self) -> "Gcp":
        """Application default credentials."""
        from seawall.clouds.gcp import Gcp

        return Gcp()

    @cached_property
    def gcp_writing(self) -> "Gcp":
        """The same."""
        return self.gcp

    @cached_property
    def azure(self) -> "Azure":
        """DefaultAzureCredential."""
        from seawall.clouds.azure import Azure

        return Azure()

    @cached_property
    def azure_writing(self) -> "Azure":
        """The same."""
        return self.azure


def stack_fleet(found: Settings, stack: str, fleet: str | None) -> KnownFleet:
    """The fleet that a stack looks after.

    Args:
        found: The environment; SEAWALL_MEMBER_ROLES names roles by which the person enters other
            accounts, SEAWALL_MEMBER_WRITE_ROLES those that write there.
        stack: Its name, in the account and region of the person's credentials.
        fleet: Which fleet is meant, if the person said so; the stack has one.

    Raises:
        TryLater: AWS is busy or away.
        Trouble: The stack, its table or its fleet is not there, or may not be used.
    """
    from seawall.clouds.aws import Aws, beginning_in
    from seawall.clouds.stacks import stack_facts
    from seawall.flow.desks import MendDesk
    from seawall.publish.s3 import open_evidence
    from seawall.remediate.apply import Applier
    from seawall.state.dynamo import open_table
    from seawall.state.dynamo_inventory import DynamoInventory
    from seawall.state.dynamo_memories import DynamoMemories
    from seawall.state.dynamo_modes import DynamoModes
    from seawall.state.dynamo_news import DynamoNews
    from seawall.state.dynamo_plans import DynamoPlans
    from seawall.state.dynamo_runs import DynamoRuns

    # As the AWS CLI does; boto3 alone does not know this name.
    aws = Aws(beginning_in(found.environment.get("AWS_REGION", "")))
    facts = stack_facts(aws, stack)
    if fleet not in {None, facts.fleet}:
        raise Trouble(
            f"the stack {stack} looks after the fleet {facts.fleet}, and not after {fleet}; leave "
            "--fleet and SEAWALL_FLEET out"
        )
    table = open_table(aws, facts.table, fleet=facts.fleet)
    attic = open_evidence(aws, facts.bucket, fleet=facts.fleet)
    inventory, runs, modes = DynamoInventory(table), DynamoRuns(table), DynamoModes(table)
    memories, plans = DynamoMemories(table, attic), DynamoPlans(table, attic)
    _refuse_nothing(runs, facts)
    logins = OwnLogins(AwsSettings({"SEAWALL_OWN_ACCOUNT": "true", **found.environment}), aws)
    clusters = LiveClusters(doors(logins, SERVICES))
    writing = Applier(doors(logins, SERVICES, writing=True))
    news = DynamoNews(table, memories, attic)
    mend = MendDesk(inventory, clusters, memories, modes, plans, writing, news, _process())
    return KnownFleet(facts.fleet, inventory, runs, memories, modes, plans, mend)


def _refuse_nothing(runs: "Runs", facts: "StackFacts") -> None:
    """An empty memory would look like a fleet without findings."""
    if runs.open() is None and runs.last() is None:
        raise Trouble(
            f"the table {facts.table} holds nothing of the fleet {facts.fleet} yet; invoke the "
            f"function {facts.discover} with {{}}"
        )


def _process() -> "Process":
    """This one. Two machines may have one name: it gets one of its own, and none is called dead."""
    from seawall.flow.desks import Process
    from seawall.publish.owners import this_owner

    owner = f"{this_owner()}:{uuid.uuid4().hex[:8]}"
    return Process(owner, clock=lambda: datetime.now(UTC))
