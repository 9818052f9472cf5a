"""What counts as a field, what has changed, and how managedFields writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.demo import ownership
from seawall.demo.ownership import Fields, KeyMissingError
from seawall.demo.resources import NAMESPACES, Json
from seawall.demo.schemas import Shape, shape_of
from seawall.demo.store import Store

STORE = Store()
PORT = 'k:{"port":80,"protocol":"TCP"}'


def shape(group: str, plural: str) -> Shape:
    resource = STORE.resource(group, "v1", plural)
    assert resource is not None
    return shape_of(resource)


POLICY = shape("networking.k8s.io", "networkpolicies")
SERVICE = shape("", "services")
DEPLOYMENT = shape("apps", "deployments")


@pytest.mark.parametrize(
    "kind, obj, tree",
    [
        pytest.param(
            POLICY,
            {"kind": "NetworkPolicy", "metadata": {"name": "x", "labels": {"a": "b"}}},
            {"f:metadata": {"f:labels": {"f:a": {}}}},
            id="labels each, names never",
        ),
        pytest.param(
            POLICY,
            {"spec": {"podSelector": {"matchLabels": {"a": "b"}}, "ingress": [{}, {}]}},
            {"f:spec": {"f:podSelector": {}, "f:ingress": {}}},
            id="selectors and rules as a whole",
        ),
        pytest.param(
            POLICY,
            {"metadata": {"labels": {}}},
            {"f:metadata": {"f:labels": {}}},
            id="an empty map",
        ),
        pytest.param(
            SERVICE,
            {"spec": {"ports": [{"port": 80, "name": "web"}]}},
            {"f:spec": {"f:ports": {PORT: {".": {}, "f:port": {}, "f:name": {}}}}},
            id="an item by its keys, TCP unless said",
        ),
        pytest.param(
            SERVICE,
            {"metadata": {"finalizers": ["a/b"]}},
            {"f:metadata": {"f:finalizers": {'v:"a/b"': {}}}},
            id="a set by its values",
        ),
        pytest.param(
            DEPLOYMENT,
            {"spec": {"replicas": 1, "strategy": {"type": "Recreate"}, "some": [1]}},
            {
                "f:spec": {
                    "f:replicas": {},
                    "f:strategy": {".": {}, "f:type": {}},
                    "f:some": {},
                }
            },
            id="of unknown kinds: maps by field, lists as a whole",
        ),
    ],
)
def test_what_is_sent_is_what_is_owned(kind: Shape, obj: Json, tree: Json) -> None:
    assert tree == ownership.as_fields_v1(ownership.fields_of(obj, kind))


def test_an_item_that_does_not_say_which_one_it_is_is_refused() -> None:
    with pytest.raises(KeyMissingError, match='omits key field "port"'):
        ownership.fields_of({"spec": {"ports": [{"name": "web"}]}}, SERVICE)


@pytest.mark.parametrize(
    "before, after, added, modified, removed",
    [
        pytest.param({}, {"type": "x"}, [".spec.type"], [], [], id="come"),
        pytest.param({"type": "x"}, {"type": "y"}, [], [".spec.type"], [], id="changed"),
        pytest.param({"type": "x"}, {}, [], [], [".spec.type"], id="gone"),
        pytest.param({"type": "x"}, {"type": "x"}, [], [], [], id="the same"),
        pytest.param(
            {"ports": [{"port": 80}]},
            {"ports": [{"port": 80, "name": "web"}, {"port": 81}]},
            [
                '.spec.ports[port=80,protocol="TCP"].name',
                '.spec.ports[port=81,protocol="TCP"]',
                '.spec.ports[port=81,protocol="TCP"].port',
            ],
            [],
            [],
            id="items by their keys",
        ),
        pytest.param(
            {"selector": {"a": "b"}},
            {"selector": {"a": "c", "d": "e"}},
            [],
            [".spec.selector"],
            [],
            id="an atomic map as one",
        ),
        pytest.param({}, {"ports": []}, [".spec.ports"], [], [], id="an empty list comes"),
    ],
)
def test_the_difference_names_each_field(
    before: Json, after: Json, added: list[str], modified: list[str], removed: list[str]
) -> None:
    found = ownership.difference({"spec": before}, {"spec": after}, SERVICE)

    assert (added, modified, removed) == tuple(
        sorted(map(ownership.shown, fields))
        for fields in (found.added, found.modified, found.removed)
    )


_KEYS = st.sampled_from(["f:a", "f:b", 'k:{"name":"c"}', 'v:"x"', "f:spec"])
_FIELDS = st.frozensets(st.lists(_KEYS, min_size=1, max_size=4).map(tuple), max_size=8)


@given(_FIELDS)
def test_what_is_written_is_read_back(fields: Fields) -> None:
    assert fields == ownership.fields_from(ownership.as_fields_v1(fields))


_LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"), max_size=3)


@given(_LABELS, _LABELS)
def test_what_comes_one_way_goes_the_other(before: Json, after: Json) -> None:
    metadata = [{"metadata": {"labels": labels}} for labels in (before, after)]
    forth = ownership.difference(metadata[0], metadata[1], shape_of(NAMESPACES))
    back = ownership.difference(metadata[1], metadata[0], shape_of(NAMESPACES))

    assert (forth.added, forth.removed) == (back.removed, back.added)
    assert forth.modified == back.modified
    assert bool(forth.set_anew | forth.removed) is (before != after)
