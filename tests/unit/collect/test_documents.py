from collections.abc import Callable

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from seawall.collect import documents, yamltext
from seawall.model.errors import Trouble

# PyYAML leaves 1e3 and 0o7 unquoted, as it reads them as strings; kubectl reads numbers.
WORDS = st.text(max_size=8).filter(lambda text: not text[:1].isdigit() and text[:1] not in {*"+-."})
KEYS = WORDS.filter(str.isascii)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def origins(text: str, name: str = "f.yaml") -> list[str]:
    return [f"{found.kind}@{found.origin}" for found in documents.read(text, name).documents]


def value_of(text: str) -> object:
    (document,) = yamltext.documents(text)
    return document.value


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param("kind: A\n", ["A@f.yaml:1"], id="one document"),
        pytest.param(
            "# c\n---\nkind: A\n---\n---\nkind: B\n", ["A@f.yaml:3", "B@f.yaml:6"], id="many"
        ),
        pytest.param(
            "kind: A\n...\n%YAML 1.1\n---\nkind: B", ["A@f.yaml:1", "B@f.yaml:5"], id="end"
        ),
        pytest.param("", [], id="nothing"),
        pytest.param("---\n# only a comment\n", [], id="an empty document"),
        pytest.param(
            "kind: List\nitems:\n- kind: A\n-\n  kind: B\n", ["A@f.yaml:3", "B@f.yaml:5"], id="List"
        ),
        pytest.param(
            "kind: List\nitems:\n- kind: List\n  items:\n  - kind: A\n- kind: B\n",
            ["A@f.yaml:5", "B@f.yaml:6"],
            id="a List in a List",
        ),
        pytest.param("kind: PodList\nitems: []\n", [], id="an empty list"),
        pytest.param("kind: PodList\nitems: null\n", [], id="a null list"),
        pytest.param("kind: AllowList\nspec: {}\n", ["AllowList@f.yaml:1"], id="no list"),
        pytest.param("kind: PodList\nitems:\n- metadata: {}\n", ["Pod@f.yaml:1"], id="PodList"),
        pytest.param('{"kind": "A"}\n\n {"kind":\n"B"}', ["A@f.yaml:1", "B@f.yaml:3"], id="JSON"),
        pytest.param(
            '{"kind":"List","items":[\n{"kind":"A"},\n\n{"kind":"B"}]}',
            ["A@f.yaml:2", "B@f.yaml:4"],
            id="a JSON List",
        ),
        pytest.param("{kind: A}", ["A@f.yaml:1"], id="YAML that begins like JSON"),
        pytest.param('---\n{\n  kind: "A",\n}\n', ["A@f.yaml:2"], id="KYAML"),
    ],
)
def test_each_object_knows_its_line(text: str, expected: list[str]) -> None:
    assert expected == origins(text)


def test_items_of_an_api_list_take_its_kind() -> None:
    text = '{"apiVersion":"apps/v1","kind":"DeploymentList","items":[{"metadata":{}}]}'

    (found,) = documents.read(text, "f.json").documents

    assert ("Deployment", "apps/v1", "apps") == (found.kind, found.api_version, found.group)


def test_what_is_no_kubernetes_object_is_counted() -> None:
    text = "a: 1\n---\n- kind: A\n---\njust words\n---\nkind: [A]\n---\nkind: A\n"

    found = documents.read(text, "values.yaml")

    assert (1, 4) == (len(found.documents), found.others)


NINE_BY_NINE = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{this}: &{this} [{','.join([f'*{before}'] * 9)}]\n"
    for before, this in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    "text, name, line, fault",
    [
        pytest.param("a: b: c", "f.yaml", 1, "mapping values are not allowed", id="broken YAML"),
        pytest.param("kind: A\n---\na: [1", "f.yaml", 3, "did not find", id="second document"),
        pytest.param("a:\n\t- b", "f.yaml", 2, "a tab indents this line", id="a tab"),
        pytest.param("a: 1\nb: \x00", "f.yaml", 2, "control characters are not", id="a NUL"),
        pytest.param("a: 1\nb: 1\na: 2", "f.yaml", 3, "the same key twice", id="key twice"),
        pytest.param("a: 1\n'a': 2", "f.yaml", 2, "the same key twice", id="key twice, quoted"),
        pytest.param("1: x\n'1': y", "f.yaml", 2, "the same key twice", id="one JSON key"),
        pytest.param('{"a":1,\n"a":2}', "f.json", 2, "the same key twice", id="JSON key twice"),
        pytest.param("? [a]\n: b", "f.yaml", 1, "a key that is no plain word", id="list as key"),
        pytest.param("~: b", "f.yaml", 1, "a key that is no plain word", id="null as key"),
        pytest.param('{"a":1,}', "f.json", 1, "not JSON", id="broken JSON"),
        pytest.param('{"kind":"A"}\n{"kind":', "f.json", 2, "not JSON", id="second JSON object"),
        pytest.param('{"kind":"\\ud800"}', "f.json", 1, "invalid Unicode", id="half a pair"),
        pytest.param('{"a":' * 20_000, "f.json", 1, "nested too deeply", id="20,000 deep JSON"),
        pytest.param("[" * 20_000, "f.yaml", 1, "nest", id="20,000 deep YAML, flow"),
        pytest.param(
            "\n".join(f"{' ' * depth}a:" for depth in range(300)),
            "f.yaml",
            251,
            "nested more than 250 levels deep",
            id="300 deep YAML, block",
        ),
        pytest.param(NINE_BY_NINE, "f.yaml", 6, "its aliases add more", id="alias bomb"),
        pytest.param("a: &a [*a]", "f.yaml", 1, "an alias (*name) without", id="alias of itself"),
        pytest.param("a: *b", "f.yaml", 1, "an alias (*name) without", id="alias of nothing"),
        pytest.param("<<: 1", "f.yaml", 1, "a merge (<<) of something", id="merge of a number"),
        pytest.param(
            "a: &a {x: 1}\nb:\n  x: 2\n  <<: *a", "f.yaml", 4, "a merge (<<) of a key", id="merge"
        ),
        pytest.param("kind: List\nitems: [1]", "f.yaml", 1, "no object", id="no object in a List"),
        pytest.param("kind: List\nitems: [{}]", "f.yaml", 1, "has no kind", id="no kind in a List"),
        pytest.param(
            "kind: PodList\nmetadata: {continue: x}\nitems: [{}]",
            "f.yaml",
            1,
            "this list is only a part",
            id="one page of a list",
        ),
    ],
)
def test_text_that_cannot_be_read_whole_is_trouble(
    text: str, name: str, line: int, fault: str
) -> None:
    with pytest.raises(Trouble) as caught:
        documents.read(text, name)

    where, _, said = str(caught.value).partition(" ")
    assert f"{name}:{line}:" == where
    assert fault in said


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{{- if .Values.on }}\nkind: A\n{{- end }}\n", id="a condition"),
        pytest.param("kind: A\nname: {{ .Values.name }}\n", id="a value"),
    ],
)
def test_a_helm_template_is_told_how_to_become_a_manifest(text: str) -> None:
    with pytest.raises(Trouble, match=r"render it first \(helm template"):
        documents.read(text, "templates/np.yaml")


@pytest.mark.parametrize(
    "text, expected",
    [
        *(pytest.param(word, True, id=word) for word in ("yes", "Yes", "on", "ON", "true", "True")),
        *(pytest.param(word, False, id=word) for word in ("no", "off", "Off", "false", "FALSE")),
        *(pytest.param(word, None, id=word) for word in ("~", "null", "NULL")),
        *(pytest.param(word, word, id=word) for word in ("y", "N", "yeS", "nil", "on.", "1.2.3")),
        pytest.param("22:22", "22:22", id="no base 60"),
        pytest.param("2024-01-31", "2024-01-31", id="a date is a string"),
        pytest.param("010", 8, id="octal"),
        pytest.param("0o10", 8, id="octal of today"),
        pytest.param("08", 8, id="no octal"),
        pytest.param("0x1F", 31, id="hexadecimal"),
        pytest.param("0b11", 3, id="binary"),
        pytest.param("1_000", 1000, id="underscores"),
        pytest.param("-7", -7, id="negative"),
        pytest.param("80.0", 80, id="a whole float is a whole number in JSON"),
        pytest.param("1e3", 1000, id="an exponent"),
        pytest.param("1.5", 1.5, id="a fraction"),
        pytest.param(".5", 0.5, id="a bare fraction"),
        pytest.param("-.inf", float("-inf"), id="infinity"),
        pytest.param("9" * 5000, float("inf"), id="a number beyond all numbers"),
        pytest.param("-", "-", id="a dash"),
        pytest.param("+", "+", id="a plus"),
    ],
)
def test_plain_words_are_read_as_kubectl_reads_them(text: str, expected: object) -> None:
    found = yamltext.resolved(text)

    assert (type(expected), expected) == (type(found), found)


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param("'no'", "no", id="quoted"),
        pytest.param("!!str no", "no", id="said to be a string"),
        pytest.param('!!int "7"', 7, id="said to be a number"),
        pytest.param("!Ref no", "no", id="a tag of somebody else"),
        pytest.param("|\n  8\n", "8\n", id="a block"),
        pytest.param("{on: a, 1: b, 1.5: c}", {"true": "a", "1": "b", "1.5": "c"}, id="keys"),
        pytest.param("[&a {x: 1}, *a]", [{"x": 1}, {"x": 1}], id="an alias"),
        pytest.param(
            "[&a {x: 1, y: 2}, {<<: *a, x: 3}]", [{"x": 1, "y": 2}, {"x": 3, "y": 2}], id="a merge"
        ),
        pytest.param(
            "[&a {x: 1}, &b {x: 2, y: 2}, {<<: [*a, *b]}]",
            [{"x": 1}, {"x": 2, "y": 2}, {"x": 1, "y": 2}],
            id="a merge of two: the first wins",
        ),
        pytest.param("{'<<': 1}", {"<<": 1}, id="a quoted merge is a key"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_values_are_read_as_kubectl_reads_them(text: str, expected: object) -> None:
    assert expected == value_of(f"--- {text}\n")


@given(value=JSON)
def test_the_parser_in_python_reads_the_same(value: object) -> None:
    text = yaml.safe_dump([{"kind": value}, value])

    expected = list(yamltext.documents(text))
    found = list(yamltext.documents(text, yaml.SafeLoader))
    assert [each.value for each in expected] == [each.value for each in found]
    assert [sorted(each.lines.values()) for each in expected] == [
        sorted(each.lines.values()) for each in found
    ]


def test_a_plain_y_is_a_string_and_in_doubt() -> None:
    found = documents.read("kind: A\nname: y\nother: 'n'\n---\nvalues: [n]\n", "f.yaml")

    assert ("y", ("f.yaml:2",)) == (found.documents[0].value["name"], found.doubtful)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(yaml.safe_dump, id="block"),
        pytest.param(
            lambda value: yaml.safe_dump(value, default_flow_style=True, default_style='"'),
            id="quoted flow",
        ),
    ],
)
@given(value=JSON)
def test_what_another_program_wrote_is_read_back(
    written: Callable[[object], str], value: object
) -> None:
    assert value == value_of(written(value))


@given(text=st.text(max_size=60), name=st.sampled_from(["f.yaml", "f.json"]))
def test_any_text_gives_objects_or_trouble(text: str, name: str) -> None:
    try:
        found = documents.read(text, name)
    except Trouble as error:
        assert str(error).startswith(f"{name}:")  # noqa: PT017  either outcome is fine
    else:
        assert found.others >= 0
