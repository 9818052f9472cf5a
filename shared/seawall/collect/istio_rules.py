"""The rules of an AuthorizationPolicy: wire to model, field by field.

Source: istio/api `security/v1/authorization_policy.proto`, `ValidateAuthorizationPolicy` and the
attributes that `pilot/pkg/security/authz/model` knows. Of what a request is asked for, only the
name of the field is kept: paths, hosts and claims are not judged.
"""

from collections.abc import Iterator
from typing import Any

from seawall.collect import syntax
from seawall.collect.cilium_fields import Reader
from seawall.model.istio import (
    ACCOUNT,
    CONNECTION_KEYS,
    NAMESPACE,
    PRINCIPAL,
    SOURCE_IP,
    TARGET_IP,
    TARGET_PORT,
    Condition,
    MeshRule,
)

_SOURCE = {
    "principals": PRINCIPAL,
    "namespaces": NAMESPACE,
    "serviceAccounts": ACCOUNT,
    "ipBlocks": SOURCE_IP,
    "remoteIpBlocks": "remoteIpBlocks",
    "requestPrincipals": "requestPrincipals",
}
_OPERATION = {"ports": TARGET_PORT, "hosts": "hosts", "methods": "methods", "paths": "paths"}
_REQUEST_KEYS = (
    "request.headers",
    "request.auth.principal",
    "request.auth.audiences",
    "request.auth.presenter",
    "request.auth.claims",
    "remote.ip",
    "connection.sni",
    "experimental.envoy.filters.",
)
_ADDRESSES = frozenset({SOURCE_IP, TARGET_IP})
_MOST_DIGITS = 5


def rules_of(reader: Reader, value: object, path: str) -> tuple[MeshRule, ...]:
    """The rules; a rule that is null is refused, an empty one matches everything."""
    found: list[MeshRule] = []
    for number, each in enumerate(reader.items(value, path)):
        here = f"{path}[{number}]"
        if each is None:
            reader.wrong(here, "Required value: a rule must not be null")
        fields = reader.fields(each, here, {"from", "to", "when"})
        found.append(
            MeshRule(
                here,
                tuple(_members(reader, fields, "from", "source", here)),
                tuple(_members(reader, fields, "to", "operation", here)),
                tuple(_conditions(reader, fields.get("when"), f"{here}.when")),
            )
        )
    return tuple(found)


def _members(
    reader: Reader, fields: dict[str, Any], name: str, inner: str, path: str
) -> Iterator[tuple[Condition, ...]]:
    """The entries of `from` or `to`; one that is empty is refused, as it would be everybody."""
    known = _SOURCE if inner == "source" else _OPERATION
    items = reader.items(fields.get(name), f"{path}.{name}")
    if fields.get(name) == []:
        reader.wrong(f"{path}.{name}", "Required value: must not be empty")
    for number, each in enumerate(items):
        here = f"{path}.{name}[{number}]"
        found = tuple(_attributes(reader, each, inner, here, known))
        if not found:
            reader.wrong(f"{here}.{inner}", "Required value: must not be empty")
        yield found


def _attributes(
    reader: Reader, value: object, inner: str, path: str, known: dict[str, str]
) -> Iterator[Condition]:
    names = {name: (name, f"not{name[0].upper()}{name[1:]}") for name in known}
    member = reader.fields(value, path, {inner}).get(inner)
    every = {each for pair in names.values() for each in pair}
    fields = reader.fields(member, f"{path}.{inner}", every)
    for name, (plain, negated) in names.items():
        here = f"{path}.{inner}"
        yield from _condition(
            reader,
            known[name],
            (fields.get(plain), f"{here}.{plain}"),
            (fields.get(negated), f"{here}.{negated}"),
        )


def _conditions(reader: Reader, value: object, path: str) -> Iterator[Condition]:
    for number, each in enumerate(reader.items(value, path)):
        here = f"{path}[{number}]"
        fields = reader.fields(each, here, {"key", "values", "notValues"})
        key = _key(reader.text(fields.get("key"), f"{here}.key"))
        if not key:
            reader.wrong(f"{here}.key", "Invalid value: no attribute that Istio knows")
            continue
        found = tuple(
            _condition(
                reader,
                key,
                (fields.get("values"), f"{here}.values"),
                (fields.get("notValues"), f"{here}.notValues"),
            )
        )
        if not found:
            reader.wrong(here, "Required value: at least one of values and notValues")
        yield from found


def _key(text: str) -> str:
    """The attribute; what stands in brackets is the user's, and not kept."""
    if text in CONNECTION_KEYS:
        return text
    return next((each for each in _REQUEST_KEYS if text.startswith(each)), "").rstrip(".")


def _condition(
    reader: Reader, key: str, values: tuple[object, str], excepts: tuple[object, str]
) -> Iterator[Condition]:
    found = [_texts(reader, value, path, key) for value, path in (values, excepts)]
    if any(found):
        known = key in CONNECTION_KEYS
        yield Condition(key, *(found if known else ((), ())))


def _texts(reader: Reader, value: object, path: str, key: str) -> tuple[str, ...]:
    texts = []
    for number, each in enumerate(reader.items(value, path)):
        here = f"{path}[{number}]"
        text = reader.text(each, here)
        if not text:
            reader.wrong(here, "Required value: must not be empty")
        elif key == TARGET_PORT:
            _check_port(reader, text, here)
        elif key in _ADDRESSES:
            text = _block(reader, text, here)
        texts.append(text)
    return tuple(texts)


def _check_port(reader: Reader, text: str, path: str) -> None:
    plain = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and text[0] != "0"
    complaint = syntax.port_number(int(text)) if plain else "must be a port number"
    reader.invalid(path, text, complaint)


def _block(reader: Reader, text: str, path: str) -> str:
    """A CIDR; one address is the block of itself."""
    block = text if "/" in text else f"{text}/{128 if ':' in text else 32}"
    found = syntax.network(block)
    reader.invalid(path, text, found if isinstance(found, str) else None)
    return block
