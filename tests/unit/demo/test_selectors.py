import pytest

from seawall.demo.selectors import BadSelectorError, by_fields, by_labels
from seawall.demo.store import Held, Store

WEB = {"app": "web", "tier": "front", "n": "5", "empty": "", "example.com/x": "y"}


def held(labels: dict[str, str]) -> Held:
    metadata: dict[str, object] = {"name": "web-0", "namespace": "shop", "labels": labels}
    spec = {"containers": [], "nodeName": "n1", "hostNetwork": True}
    return Held("shop/web-0", labels, {"metadata": metadata, "spec": spec}, b"{}")


@pytest.mark.parametrize(
    "selector, admits",
    [
        pytest.param("", True, id="nothing asked"),
        pytest.param("app", True, id="exists"),
        pytest.param("none", False, id="exists not"),
        pytest.param("!none", True, id="absent"),
        pytest.param("!app", False, id="absent not"),
        pytest.param("app=web", True, id="equal"),
        pytest.param("app==web", True, id="equal, twice"),
        pytest.param("app=db", False, id="another value"),
        pytest.param("none=web", False, id="equal without the label"),
        pytest.param("app!=db", True, id="not equal"),
        pytest.param("none!=db", True, id="not equal without the label"),
        pytest.param("app!=web", False, id="not equal to its own"),
        pytest.param("app in (db, web)", True, id="in"),
        pytest.param("none in (db)", False, id="in without the label"),
        pytest.param("app notin (db,web)", False, id="notin"),
        pytest.param("none notin (db)", True, id="notin without the label"),
        pytest.param("empty=", True, id="equal to nothing"),
        pytest.param("empty in (,x)", True, id="nothing within a set"),
        pytest.param("n>4", True, id="greater"),
        pytest.param("n<5", False, id="less"),
        pytest.param("app>4", False, id="greater than a word"),
        pytest.param("app=web,tier!=back,!none", True, id="all of several"),
        pytest.param("app=web,tier=back", False, id="one of several fails"),
        pytest.param("example.com/x=y", True, id="a key with a prefix"),
        pytest.param(" app = web , n in ( 5 ) ", True, id="blanks"),
        pytest.param("in in (in)", False, id="keywords as names"),
    ],
)
def test_a_label_selector_admits(selector: str, admits: bool) -> None:  # noqa: FBT001  the case's verdict
    assert admits is by_labels(selector)(held(WEB))


@pytest.mark.parametrize(
    "selector",
    [
        "app in (",
        "app in",
        "app in web",
        "app=a b",
        "app=web,",
        "=web",
        "a b",
        "app=-x",
        "app in (a;b)",
        "-x",
        "/x",
        "Example.com/x=y",
        "n>few",
        "n>--5",
        "app in (web))",
    ],
)
def test_a_broken_label_selector_is_refused(selector: str) -> None:
    with pytest.raises(BadSelectorError):
        by_labels(selector)


@pytest.mark.parametrize(
    "selector, admits",
    [
        pytest.param("", True, id="nothing asked"),
        pytest.param("metadata.name=web-0", True, id="name"),
        pytest.param("metadata.namespace==shop", True, id="namespace"),
        pytest.param("spec.nodeName!=n1", False, id="another node"),
        pytest.param("spec.hostNetwork=true", True, id="a truth value"),
        pytest.param("status.phase=", True, id="what is not there is empty"),
        pytest.param("metadata.name=web-0,spec.nodeName=n2", False, id="one of two fails"),
    ],
)
def test_a_field_selector_admits(selector: str, admits: bool) -> None:  # noqa: FBT001  the case's verdict
    pods = Store().resource("", "v1", "pods")

    assert pods is not None
    assert admits is by_fields(selector, pods)(held(WEB))


@pytest.mark.parametrize(
    "selector, kind",
    [
        pytest.param("spec.foo=x", "pods", id="no such field"),
        pytest.param("status.phase=Active", "services", id="a field of another kind"),
        pytest.param("metadata.name", "pods", id="no operator"),
        pytest.param("metadata.name=a,", "pods", id="a comma too many"),
    ],
)
def test_a_broken_field_selector_is_refused(selector: str, kind: str) -> None:
    resource = Store().resource("", "v1", kind)

    assert resource is not None
    with pytest.raises(BadSelectorError):
        by_fields(selector, resource)
