"""template.yaml keeps what its functions rely on, and gives no role more than it needs."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from seawall.connect.limits import Limits
from seawall.flow.holding import LEASE, ONE_PLAN
from seawall.invoke.letters import MEND_S, SCAN_S

Json = dict[str, Any]

WILDCARDS = {
    "DiscoverRole ListsClusters": "eks:ListClusters and ec2:DescribeRegions know no resource",
    "DiscoverRole ProvesItselfToAzure": "sts:GetWebIdentityToken knows none; the audience narrows",
    "RemediateRole ProvesItselfToAzure": "the same",
    "ScanAksRole ProvesItselfToAzure": "the same",
}
"""Statements whose resource is `*`, each with the reason."""

PASSED_ON = frozenset({"AWS_ENDPOINT_URL", "AWS_LAMBDA_LOG_STREAM_NAME"})
"""Read, but set by whoever runs the function, and not by the template."""


class _Cfn(yaml.SafeLoader):
    """YAML with CloudFormation's own tags; `!GetAtt a.b` is what the long form would be."""


def _tagged(loader: _Cfn, suffix: str, node: yaml.Node) -> Json:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    match node:
        case yaml.ScalarNode():
            value: object = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            value = loader.construct_mapping(node, deep=True)
        case _:
            raise AssertionError(node)
    return {name: value.split(".", 1) if suffix == "GetAtt" and isinstance(value, str) else value}


_Cfn.add_multi_constructor("!", _tagged)


@pytest.fixture(scope="session")
def template(checkout: Path) -> Json:
    found: Json = yaml.load((checkout / "template.yaml").read_text(), Loader=_Cfn)  # noqa: S506  a safe loader, with tags
    return found


@pytest.fixture(scope="session")
def functions(template: Json) -> dict[str, Json]:
    return _of_type(template, "AWS::Serverless::Function")


@pytest.fixture(scope="session")
def queues(template: Json) -> dict[str, Json]:
    return _of_type(template, "AWS::SQS::Queue")


def _of_type(template: Json, kind: str) -> dict[str, Json]:
    resources: Json = template["Resources"]
    found = {
        name: each.get("Properties", {}) for name, each in resources.items() if each["Type"] == kind
    }
    assert found, f"the template has no {kind}: this would pass by seeing nothing"
    return found


def _events(functions: dict[str, Json], kind: str) -> Iterator[tuple[str, str, Json]]:
    for name, function in functions.items():
        for event, said in function.get("Events", {}).items():
            if said["Type"] == kind:
                yield name, event, said["Properties"]


def _names(value: object) -> Iterator[str]:
    """Every resource or parameter that a value refers to."""
    match value:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case dict():
            for each in value.values():
                yield from _names(each)
        case list():
            for each in value:
                yield from _names(each)


# -- Queues --------------------------------------------------------------------------------------


def test_a_message_is_hidden_for_six_times_as_long_as_its_function_may_take(
    functions: dict[str, Json], queues: dict[str, Json]
) -> None:
    # docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html; no parameter can undo it
    found = {
        name: (queues[queue]["VisibilityTimeout"], 6 * functions[name]["Timeout"])
        for name, _, event in _events(functions, "SQS")
        for queue in _names(event["Queue"])
    }

    assert {"ScanEks", "ScanGke", "ScanAks", "Remediate"} == set(found)
    assert {} == {name: pair for name, pair in found.items() if not pair[0] >= pair[1]}


def test_a_call_is_for_one_message(functions: dict[str, Json]) -> None:
    sizes = {name: event["BatchSize"] for name, _, event in _events(functions, "SQS")}

    assert dict.fromkeys(("ScanEks", "ScanGke", "ScanAks", "Remediate"), 1) == sizes


START_S = 20
"""Of a call, before the message is looked at."""


def test_a_fresh_function_has_time_for_what_it_insists_on(functions: dict[str, Json]) -> None:
    needed = {**dict.fromkeys(("ScanEks", "ScanGke", "ScanAks"), SCAN_S), "Remediate": MEND_S}
    times = {name: functions[name]["Timeout"] for name, _, _ in _events(functions, "SQS")}

    assert set(needed) == set(times)
    assert {} == {name: s for name, s in times.items() if not needed[name] + START_S <= s}


def test_what_a_function_insists_on_is_what_its_visits_to_a_cluster_may_take() -> None:
    visit_s = Limits().cluster_s

    assert visit_s < SCAN_S
    assert 8 * visit_s < ONE_PLAN.total_seconds()
    assert visit_s + ONE_PLAN.total_seconds() < MEND_S
    assert 6 * visit_s < LEASE.total_seconds()


def test_the_hint_of_a_killed_function_comes_again_when_its_plan_is_held_no_longer(
    functions: dict[str, Json], queues: dict[str, Json]
) -> None:
    lives_s = functions["Remediate"]["Timeout"]

    assert lives_s + LEASE.total_seconds() <= queues["Findings"]["VisibilityTimeout"]


def test_what_is_not_told_rings(template: Json, functions: dict[str, Json]) -> None:
    (alarm,) = (
        each
        for each in _of_type(template, "AWS::CloudWatch::Alarm").values()
        if each["MetricName"] == "untold"
    )
    service = functions["Alert"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]

    assert [{"Name": "service", "Value": service}] == alarm["Dimensions"]
    assert ("Seawall", "Sum", [{"Ref": "AlarmTopic"}]) == (
        alarm["Namespace"],
        alarm["Statistic"],
        alarm["AlarmActions"],
    )
    # Ticks come each minute: an outage rings, a moment's does not.
    assert 1 <= alarm["Threshold"] < alarm["Period"] / 60


def test_every_queue_has_dead_letters_or_is_where_they_go(
    template: Json, queues: dict[str, Json]
) -> None:
    dead = {
        target
        for queue in queues.values()
        if "RedrivePolicy" in queue
        for target in _names(queue["RedrivePolicy"]["deadLetterTargetArn"])
    }
    last = dead | {"Undelivered"}

    assert {name for name, queue in queues.items() if "RedrivePolicy" not in queue} == last
    assert {1_209_600} == {queues[name]["MessageRetentionPeriod"] for name in last}
    assert {5} == {
        queue["RedrivePolicy"]["maxReceiveCount"]
        for queue in queues.values()
        if "RedrivePolicy" in queue
    }
    assert "Undelivered" in str(template["Resources"]["ScheduleRole"])


def test_the_dead_letters_of_a_fifo_queue_are_a_fifo_queue(queues: dict[str, Json]) -> None:
    pairs = [
        (queue.get("FifoQueue", False), queues[target].get("FifoQueue", False))
        for queue in queues.values()
        if "RedrivePolicy" in queue
        for target in _names(queue["RedrivePolicy"]["deadLetterTargetArn"])
    ]

    assert all(one == other for one, other in pairs)


def test_of_a_batch_only_what_failed_comes_again(functions: dict[str, Json]) -> None:
    answers = {
        name: event.get("FunctionResponseTypes") for name, _, event in _events(functions, "SQS")
    }

    assert 4 == len(answers)
    assert all(["ReportBatchItemFailures"] == each for each in answers.values())


def test_concurrency_is_bounded_at_every_queue(functions: dict[str, Json]) -> None:
    assert all(
        "MaximumConcurrency" in event["ScalingConfig"] for _, _, event in _events(functions, "SQS")
    )


def test_every_queue_and_bucket_and_topic_is_reached_by_tls_alone(
    template: Json, queues: dict[str, Json]
) -> None:
    held = {
        name
        for kind in ("AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy")
        for policy in _of_type(template, kind).values()
        if "aws:SecureTransport" in str(policy["PolicyDocument"])
        for name in _names([policy.get("Queues"), policy.get("Bucket"), policy.get("Topics")])
    }

    assert {*queues, "Bucket", "DriftTopic", "AlarmTopic"} == held


def test_the_policy_of_a_resource_lets_in_services_alone(template: Json) -> None:
    # A role of the same account needs no second permission there: IAM User Guide, "Cross-account
    # policy evaluation logic". One that names a role would stay when the role loses its own.
    named = [
        (name, each["Sid"])
        for kind in ("AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy")
        for name, policy in _of_type(template, kind).items()
        for each in policy["PolicyDocument"]["Statement"]
        if each["Effect"] == "Allow" and list(each["Principal"]) != ["Service"]
    ]

    assert [] == named


def test_every_dead_letter_rings(template: Json, queues: dict[str, Json]) -> None:
    watched = {
        name
        for alarm in _of_type(template, "AWS::CloudWatch::Alarm").values()
        for name in _names(alarm["Dimensions"])
    }

    assert set(queues) <= watched
    assert set(_of_type(template, "AWS::Serverless::Function")) <= watched


# -- Roles ---------------------------------------------------------------------------------------


def _statements(template: Json) -> Iterator[tuple[str, Json]]:
    for name, role in _of_type(template, "AWS::IAM::Role").items():
        for policy in role["Policies"]:
            for said in policy["PolicyDocument"]["Statement"]:
                statement = said["Fn::If"][1] if "Fn::If" in said else said
                yield f"{name} {statement['Sid']}", statement


def test_a_wildcard_stands_only_where_nothing_narrower_works(template: Json) -> None:
    found = {name for name, each in _statements(template) if each["Resource"] == "*"}

    assert set(WILDCARDS) == found


def test_no_statement_allows_a_whole_service(template: Json) -> None:
    wide = [
        name
        for name, each in _statements(template)
        for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
        if "*" in action
    ]

    assert [] == wide


def _allowed(template: Json, service: str) -> dict[str, set[str]]:
    """By role, what it may do of a service."""
    found: dict[str, set[str]] = {}
    for name, each in _statements(template):
        actions = [each["Action"]] if isinstance(each["Action"], str) else each["Action"]
        mine = {action for action in actions if action.startswith(f"{service}:")}
        found.setdefault(name.partition(" ")[0], set()).update(mine)
    return found


ALONE = {
    "dynamodb:TransactGetItems": "dynamodb:GetItem",
    "dynamodb:TransactWriteItems": "dynamodb:PutItem",
}
"""A transaction is allowed by what is in it (DynamoDB Developer Guide, transaction-apis-iam)."""


@pytest.mark.parametrize(
    "service, adapter", [("dynamodb", "state/dynamo.py"), ("s3", "publish/s3.py")]
)
def test_of_the_table_and_the_bucket_roles_may_do_what_somebody_calls_and_no_more(
    checkout: Path, template: Json, service: str, adapter: str
) -> None:
    code = (checkout / "shared" / "seawall" / adapter).read_text()
    words = re.findall(r"_client\.([a-z_]+)\(", code)
    called = {f"{service}:{each.title().replace('_', '')}" for each in words}

    assert {ALONE.get(each, each) for each in called} == set().union(
        *_allowed(template, service).values()
    )


def test_a_scan_lists_nothing_and_only_a_scan_deletes_what_it_replaced(template: Json) -> None:
    table, bucket = _allowed(template, "dynamodb"), _allowed(template, "s3")
    scans = {"ScanEksRole", "ScanGkeRole", "ScanAksRole"}
    by_name = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}

    assert dict.fromkeys(scans, by_name) == {name: table[name] for name in scans}
    assert scans == {name for name, may in bucket.items() if "s3:DeleteObject" in may}


def test_a_person_may_look_without_writing_and_decide_without_more_than_functions_may(
    checkout: Path, template: Json
) -> None:
    person: Json = yaml.load((checkout / "infra" / "person.yaml").read_text(), Loader=_Cfn)  # noqa: S506  a safe loader, with tags
    found = {
        name: {action for each in _said(policy) for action in _actions(each)}
        for name, policy in _of_type(person, "AWS::IAM::ManagedPolicy").items()
    }
    at_all = found["Looks"] | found["Decides"]

    assert {"BatchGetItem", "DescribeStacks", "GetItem", "GetObject", "Query"} == {
        each.partition(":")[2] for each in found["Looks"]
    }
    assert _allowed(template, "dynamodb")["RemediateRole"] == {
        each for each in at_all if each.startswith("dynamodb:")
    }
    assert set().union(*_allowed(template, "s3").values()) == {
        each for each in at_all if each.startswith("s3:")
    }
    assert all(each["Resource"] != "*" for policy in _policies(person) for each in _said(policy))


def _policies(template: Json) -> list[Json]:
    return list(_of_type(template, "AWS::IAM::ManagedPolicy").values())


def _said(policy: Json) -> list[Json]:
    statements: list[Json] = policy["PolicyDocument"]["Statement"]
    return statements


def _actions(statement: Json) -> list[str]:
    said = statement["Action"]
    return [said] if isinstance(said, str) else list(said)


def test_only_remediate_may_enter_a_role_that_writes_and_only_if_it_is_allowed(
    template: Json,
) -> None:
    resources = template["Resources"]
    knows = {name for name, each in resources.items() if "MemberWriteRoles" in _names(each)}

    assert {"Remediate", "RemediateRole"} == {name for name in knows if name in resources}
    assert "false" == template["Parameters"]["AllowWrites"]["Default"]
    assert {"Condition": "Writes"} in template["Conditions"]["HasMemberWriters"]["Fn::And"]


def test_every_function_has_a_role_of_its_own_and_a_log_that_ends(
    template: Json, functions: dict[str, Json]
) -> None:
    logs = _of_type(template, "AWS::Logs::LogGroup")
    roles = {name: list(_names(each["Role"])) for name, each in functions.items()}

    assert {name: [f"{name}Role"] for name in functions} == roles
    for name, each in functions.items():
        (group,) = _names(each["LoggingConfig"]["LogGroup"])
        assert (f"{name}Logs", True) == (group, "RetentionInDays" in logs[group])


# -- Code ----------------------------------------------------------------------------------------


def test_every_handler_is_there(checkout: Path, functions: dict[str, Json]) -> None:
    built = (checkout / "functions" / "Makefile").read_text()
    for name, each in functions.items():
        folder, module, handler = each["Handler"].split(".")
        code = ast.parse((checkout / "functions" / folder / f"{module}.py").read_text())
        given = {
            target.id
            for node in code.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        assert handler in given
        assert re.search(
            rf"^build-.*\b{name}\b|^build-{name}\b|\bbuild-{name}\b", built, re.MULTILINE
        )


def test_a_door_is_one_screen(checkout: Path) -> None:
    lengths = {
        path.parent.name: len(path.read_text().splitlines())
        for path in (checkout / "functions").glob("*/app.py")
    }

    assert {"alert", "discover", "remediate", "scan"} == set(lengths)
    assert max(lengths.values()) <= 70


def test_every_layer_is_built_from_a_lock(checkout: Path, template: Json) -> None:
    layers = _of_type(template, "AWS::Serverless::LayerVersion")
    for name, each in layers.items():
        folder = checkout / str(each["ContentUri"])
        assert f"build-{name}:" in (folder / "Makefile").read_text()
        if folder.name == "requirements":
            assert (folder / f"layer-{name.lower()}.txt").exists()


def test_what_a_function_is_told_is_read_and_what_is_read_is_told(
    checkout: Path, template: Json, functions: dict[str, Json]
) -> None:
    wiring = (checkout / "shared" / "seawall" / "wiring").glob("aws*.py")
    read = {
        name
        for path in wiring
        if path.name != "aws_stack.py"  # a person's way in, not a function's
        for name in re.findall(r'"((?:SEAWALL|AWS)_[A-Z_]+[A-Z])"', path.read_text())
    }
    read |= {f"SEAWALL_SCANS_{each}" for each in ("EKS", "GKE", "AKS")}
    read |= {f"SEAWALL_AZURE_{each}" for each in ("TENANT", "CLIENT")}
    told = set(template["Globals"]["Function"]["Environment"]["Variables"])
    for each in functions.values():
        told |= set(each["Environment"]["Variables"])

    assert read - PASSED_ON == {name for name in told if name.startswith("SEAWALL_")}


def test_no_event_has_the_name_of_something_else(
    template: Json, functions: dict[str, Json]
) -> None:
    # What SAM makes of an event is named by function and event, and by these endings.
    made = {
        f"{name}{event}{ending}"
        for name, function in functions.items()
        for event in function.get("Events", {})
        for ending in ("", "Role", "Permission", "EventQueuePolicy")
    }

    assert set() == made & set(template["Resources"])


def test_every_parameter_is_used_and_can_be_left_alone(template: Json) -> None:
    text = str({name: template[name] for name in ("Conditions", "Globals", "Resources")})
    unused = [
        name
        for name in template["Parameters"]
        if f"'{name}'" not in text and f"${{{name}}}" not in text
    ]

    assert [] == unused
    assert all("Default" in each for each in template["Parameters"].values())
