"""The memory of a stack in AWS, at the command line of a person: seen, decided, applied."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from functions.discover import app as discover
from functions.remediate import app as remediate
from functions.scan import app as scan
from tests.journeys.aws_loopback import ACCOUNT, PERSON, REGION, Loopback, loopback
from tests.journeys.functions_world import FLEET, SCOPE, Scopes, World, context, key, world
from tests.journeys.setting import Done, Seawall

from seawall.demo.access import READER_GRANTS, WRITER_GRANTS, User
from seawall.demo.apiserver import ApiServer
from seawall.demo.certificates import Certificates
from seawall.demo.eks_tokens import EksTokens
from seawall.model.fleet import ClusterRef
from seawall.model.plan import Mode, Stage

NAME = "prod-a"
POLICY = "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/isolate-ingress"
MAY_ALL = (*READER_GRANTS, *WRITER_GRANTS)


@dataclass(frozen=True)
class Desk:
    """A person at a machine, a stack in their account, and one cluster that it looks after."""

    world: World
    aws: Loopback
    api: ApiServer
    seawall: Seawall

    def say(
        self, *words: str, state: str = "aws:seawall", env: Mapping[str, str] | None = None
    ) -> Done:
        """A verb; `env` beside the credentials."""
        return self.seawall(*words, "--state", state, env=self.aws.environment | dict(env or {}))

    def run(self) -> None:
        """A run of the stack's functions, up to the scans."""
        world = self.world
        discover.door(world.discover_bench)({}, context())
        scan.door(world.scan_bench)({"Records": world.received("eks")}, context())

    def mend(self) -> None:
        """Remediate, with what waits for it."""
        world = self.world
        found = world.mend_bench()
        remediate.door(lambda: found)({"Records": world.received("findings")}, context())

    def writes(self) -> list[tuple[str, str]]:
        """Who wrote the policy, and how; rehearsals left out."""
        return [
            (each.user, each.method)
            for each in self.api.journal.entries
            if (each.path, each.method == "GET", "dryRun" in each.query) == (POLICY, False, False)
        ]

    def stages(self) -> dict[str, Stage]:
        """By namespace, what the table says of the plans."""
        states = self.world.mend_bench().desk.plans.plans()
        return {each.plan.namespace: each.stage for each in states}


@pytest.fixture
def desk(seawall: Seawall) -> Iterator[Desk]:
    certificates = Certificates()
    with world(NAME) as made, loopback() as aws:
        entry = EksTokens(NAME, aws.url, {PERSON: User(PERSON, MAY_ALL)})
        store = made.stores[key(NAME)]
        with ApiServer(store, [], certificates=certificates, reviewed=entry.who) as api:
            facts = (("account", ACCOUNT), ("name", NAME), ("region", REGION))
            there = ClusterRef(key(NAME), "eks", api.url, certificates.ca_pem, facts)
            made.scopes = Scopes({SCOPE: (there,)})
            aws.stacks["seawall"] = (
                {"Fleet": FLEET},
                {"TableName": "seawall", "BucketName": "seawall", "DiscoverFunction": "look-up"},
            )
            yield Desk(made, aws, api, seawall)


def test_what_the_stack_knows_is_seen_from_a_machine_that_has_no_file(
    desk: Desk, tmp_path: Path
) -> None:
    desk.run()
    status = desk.say("status", "-o", "json")
    history = desk.say("history", NAME, "-o", "ndjson")
    report = desk.say("report", "-o", "csv")

    assert (0, 0, 0) == (status.code, history.code, report.code), status.err
    assert FLEET == status.document["fleet"]
    for done in (status, history, report):
        assert str(key(NAME)) in done.out
    assert [] == list(tmp_path.rglob("*.db"))


def test_a_person_lets_it_propose_and_applies_what_was_proposed_and_takes_it_back(
    desk: Desk,
) -> None:
    desk.run()
    mode = desk.say("mode", "propose", NAME)
    desk.mend()
    offered = dict(desk.stages())
    listed = desk.say("plan", NAME, "-n", "shop", "-o", "json")
    (held,) = listed.document["plans"]
    applied = desk.say("apply", held["plan"]["id"][:8])
    after = desk.stages()["shop"]
    undone = desk.say("rollback", held["plan"]["id"])

    assert (0, f"propose {key(NAME)}\n") == (mode.code, mode.out), mode.err
    assert Stage.PROPOSED is offered["shop"]
    assert (0, 0, 0) == (listed.code, applied.code, undone.code), applied.err
    assert (Stage.DONE, Stage.ROLLED_BACK) == (after, desk.stages()["shop"])
    assert [(PERSON, "PATCH"), (PERSON, "DELETE")] == desk.writes()


def test_the_ceiling_that_a_person_sets_counts_for_the_functions(desk: Desk) -> None:
    desk.run()
    desk.say("mode", "auto", NAME)
    done = desk.say("mode", "observe", "--ceiling")

    assert (0, f"observe {key(NAME)}\n") == (done.code, done.out)
    assert Mode.OBSERVE is desk.world.mend_bench().desk.modes.mode(key(NAME))


def test_a_person_adopts_what_is_open(desk: Desk) -> None:
    desk.run()
    done = desk.say("adopt", NAME)
    memory = desk.world.workshop.memories.recall(key(NAME))

    assert (0, True) == (done.code, "open findings are known debt" in done.out), done.err
    assert memory is not None
    assert {True} == {finding.adopted for finding in memory.open}


def test_who_has_no_rights_in_the_cluster_writes_nothing(desk: Desk) -> None:
    desk.run()
    desk.say("mode", "propose", NAME)
    desk.mend()
    (plan,) = (
        each for each in desk.world.mend_bench().desk.plans.plans() if each.plan.namespace == "shop"
    )
    stranger = EksTokens(NAME, desk.aws.url, {PERSON: User(PERSON, READER_GRANTS)})
    store, certificates = desk.world.stores[key(NAME)], Certificates()
    with ApiServer(store, [], certificates=certificates, reviewed=stranger.who) as other:
        facts = (("account", ACCOUNT), ("name", NAME), ("region", REGION))
        there = ClusterRef(key(NAME), "eks", other.url, certificates.ca_pem, facts)
        desk.world.scopes.found = {SCOPE: (there,)}
        discover.door(desk.world.discover_bench)({}, context())
        done = desk.say("apply", plan.plan.id)

        assert (1, []) == (done.code, desk.writes())
        assert "403" in done.out + done.err
    assert Stage.DONE is not desk.stages()["shop"]


@pytest.mark.parametrize(
    "words, said",
    [
        pytest.param(("run", "--once"), "invoke its function Discover with {}", id="run"),
        pytest.param(("queue", "list"), "its queues are those of SQS", id="queue"),
        pytest.param(("queue", "redrive", "--all"), "its queues are those of SQS", id="redrive"),
    ],
)
def test_what_the_functions_do_is_refused_with_the_way_to_have_it_done(
    desk: Desk, words: tuple[str, ...], said: str
) -> None:
    done = desk.say(*words)

    assert (3, "") == (done.code, done.out)
    assert "aws:seawall: this verb does not work on a stack" in done.err
    assert said in done.err


@pytest.mark.parametrize(
    "state, words",
    [
        pytest.param("aws:", ("status",), id="no name"),
        pytest.param("aws:a/b", ("status",), id="no stack has such a name"),
        pytest.param(
            "aws:seawall", ("plan", "--kubeconfig", "x"), id="a kubeconfig leads to none of them"
        ),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    desk: Desk, state: str, words: tuple[str, ...]
) -> None:
    assert 5 == desk.say(*words, state=state).code


def test_a_file_whose_name_begins_like_a_stack_can_be_named(desk: Desk) -> None:
    done = desk.say("status", state="./aws:seawall")

    assert (3, True) == (done.code, "no memory at aws:seawall" in done.err)


def test_who_has_no_credentials_is_told_so(desk: Desk) -> None:
    nothing = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    done = desk.say("status", env=nothing)

    assert (3, "") == (done.code, done.out)
    assert "the settings of AWS cannot be used (NoCredentialsError)" in done.err
    assert "aws configure list" in done.err


def test_who_has_no_region_is_told_so(desk: Desk) -> None:
    done = desk.say("status", env={"AWS_REGION": ""})

    assert (3, True) == (done.code, "set AWS_REGION to that of the stack seawall" in done.err)


def test_a_stack_that_is_not_there_is_named_with_where_it_was_looked_for(desk: Desk) -> None:
    done = desk.say("status", state="aws:seewall")

    assert 3 == done.code
    assert f"DescribeStacks of seewall in {REGION}: refused (ValidationError)" in done.err
    assert "AWS_PROFILE and AWS_REGION choose others" in done.err


def test_a_stack_of_somebody_else_is_not_taken_for_ours(desk: Desk) -> None:
    desk.aws.stacks["shop"] = ({}, {"TableName": "carts"})
    done = desk.say("status", state="aws:shop")

    assert (3, True) == (done.code, "it says nothing of BucketName, DiscoverFunction" in done.err)


@pytest.mark.parametrize(
    "call, said",
    [
        pytest.param("cloudformation", "infra/person.yaml", id="the stack"),
        pytest.param("GetItem", "DynamoDB GetItem on table seawall: not permitted", id="the table"),
    ],
)
def test_who_may_not_look_is_told_what_is_lacking(desk: Desk, call: str, said: str) -> None:
    desk.run()
    desk.aws.denied.add(call)
    done = desk.say("status")

    assert (3, "") == (done.code, done.out)
    assert said in done.err


def test_a_table_that_holds_nothing_yet_is_not_shown_as_a_calm_fleet(desk: Desk) -> None:
    done = desk.say("status")

    assert (3, "") == (done.code, done.out)
    assert f"holds nothing of the fleet {FLEET} yet; invoke the function look-up" in done.err


def test_another_fleet_than_that_of_the_stack_is_refused(desk: Desk) -> None:
    desk.run()
    done = desk.say("status", "--fleet", "default")
    same = desk.say("status", env={"SEAWALL_FLEET": FLEET})

    assert (3, 0) == (done.code, same.code)
    assert f"looks after the fleet {FLEET}, and not after default" in done.err
