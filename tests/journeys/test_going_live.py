"""What the day would look like on which somebody turns the switch."""

from tests.journeys.setting import Seawall

from seawall.demo.fleet import DemoFleet

OFF, ON = "eks-payments-prod", "gke-ledger-prod"


def ask(fleet: DemoFleet, context: str, *more: str) -> tuple[object, ...]:
    target = ("--kubeconfig", fleet.kubeconfig, "--context", context)
    return ("isolation", "--assume-enforced", *target, *more)


def test_a_cluster_that_enforces_nothing_is_told_what_it_would_lose(
    seawall: Seawall, fleet: DemoFleet
) -> None:
    done = seawall(*ask(fleet, OFF))
    lines = done.out.splitlines()

    assert 0 == done.code
    assert "24 policies would go live, for 38 pods in all:" == lines[0]
    assert lines.index("DNS: 1 way cut") < lines.index("API server: 2 ways cut")
    assert "  reports/deployment/report-runner: the cluster's DNS" in done.out
    assert "switch it on: aws eks update-addon --cluster-name CLUSTER" in done.out


def test_programs_get_all_of_it(seawall: Seawall, fleet: DemoFleet) -> None:
    document = seawall(*ask(fleet, OFF, "-o", "json")).document

    assert 38 == document["podsNotEnforced"]
    assert ["DNS", "API server", "API server"] == [each["kind"] for each in document["cuts"]]
    assert ["vpc-cni-agent-off"] == [each["row"] for each in document["switches"]]
    assert [] == document["notRead"]


def test_one_pool_may_be_asked_about(seawall: Seawall, fleet: DemoFleet) -> None:
    whole, pool = (
        seawall(*ask(fleet, OFF, "-o", "json", *more)).document
        for more in ((), ("--pool", "payments-blue"))
    )

    assert whole == pool


def test_where_policies_are_enforced_nothing_would_change(
    seawall: Seawall, fleet: DemoFleet
) -> None:
    done = seawall(*ask(fleet, ON))

    assert (0, "Policies are enforced for every pod already: nothing would change.\n") == (
        done.code,
        done.out,
    )


def test_a_pool_that_is_not_there_is_no_answer(seawall: Seawall, fleet: DemoFleet) -> None:
    done = seawall(*ask(fleet, OFF, "--pool", "nowhere"))

    assert 5 == done.code
    assert "no pool 'nowhere'; there are: payments-blue" in done.err


def test_a_pool_alone_asks_nothing(seawall: Seawall, fleet: DemoFleet) -> None:
    done = seawall("isolation", "--pool", "x", "--kubeconfig", fleet.kubeconfig)

    assert (5, True) == (done.code, "--pool goes with --assume-enforced" in done.err)


def test_of_manifests_all_policies_go_live_and_webhooks_are_not_known(
    seawall: Seawall, example: object
) -> None:
    done = seawall("isolation", "--assume-enforced", example)

    assert 0 == done.code
    assert "policies would go live, for" in done.out
    assert "not read: webhooks: only a live cluster tells them (--context)" in done.out
