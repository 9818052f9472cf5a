"""What a client sent: text to an object, and the object held against its kind."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from seawall.collect.yamltext import YamlError, documents
from seawall.demo.protobuf import has_form, is_protobuf, object_from
from seawall.demo.replies import Refused, Reply, bad_request, failure, unsupported
from seawall.demo.resources import Json, Resource
from seawall.demo.schemas import Fault, Shape, faults, without_unknown

JSON_BODY: Final = "application/json"
YAML_BODY: Final = "application/yaml"
STRICT: Final = "Strict"
WARN: Final = "Warn"


def media_type(content_type: str) -> str:
    """The type without its parameters; a body without one is JSON."""
    return content_type.partition(";")[0].strip().lower() or JSON_BODY


def posted(body: bytes, content_type: str, kind: str) -> Json:
    """The object of the kind in the body of a request. Raises: Refused, if it is none."""
    form = media_type(content_type)
    if is_protobuf(body) and has_form(kind):
        return _from_protobuf(body, kind)
    if form not in {JSON_BODY, YAML_BODY}:
        raise Refused(unsupported((JSON_BODY, YAML_BODY)))
    return from_yaml(body) if form == YAML_BODY else from_json(body)


def _from_protobuf(body: bytes, kind: str) -> Json:
    try:
        return object_from(body, kind)
    except ValueError as error:
        raise Refused(bad_request(f"the object provided is unrecognized: {error}")) from error


def from_json(body: bytes) -> Json:
    """The object that a body holds. Raises: Refused, if it is none."""
    try:
        return _object(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(bad_request(f"the object provided is unrecognized: {error}")) from error


def from_yaml(body: bytes) -> Json:
    """The object that a body holds, in YAML or in JSON. Raises: Refused, if it is none."""
    if body.lstrip().startswith(b"{"):
        return from_json(body)
    try:
        read = [document.value for document in documents(body.decode())]
    except (YamlError, UnicodeDecodeError) as error:
        raise Refused(bad_request(f"error decoding YAML: {error}")) from error
    return _object(read[0] if read else None)


def _object(value: Any) -> Json:  # noqa: ANN401  JSON is any
    if isinstance(value, dict):
        return value
    raise Refused(bad_request("the object provided is unrecognized: it is no map"))


def checked(
    obj: Json, resource: Resource, shape: Shape, strictness: str
) -> tuple[Json, tuple[str, ...]]:
    """The object as the server decodes it, and warnings about what it has dropped.

    Raises: Refused, if it is of another kind, of a wrong form or, when strict, has unknown fields.
    """
    _of_kind(obj, resource)
    found = tuple(faults(obj, shape))
    for fault in found:
        if fault.wanted:
            raise Refused(unhandled(resource, _wrong_form(fault)))
    unknown = tuple(f'unknown field "{fault.path}"' for fault in found)
    if unknown and strictness == STRICT:
        raise Refused(unhandled(resource, f"strict decoding error: {', '.join(unknown)}"))
    decoded: Json = {"metadata": {}} | without_unknown(obj, shape)
    head = {"kind": resource.kind, "apiVersion": resource.api_version}
    return {**decoded, **head}, unknown if strictness == WARN else ()


def configured(obj: Json, resource: Resource, shape: Shape, namespace: str) -> Json:
    """The configuration that a client applies, without its nulls.

    Raises: Refused, if it is of another version or not as the schema says. That a fault of the
    client's is answered with 500 is how servers do it (kubernetes/kubernetes issue 122480).
    """
    version = obj.get("apiVersion")
    if (version, obj.get("kind")) != (resource.api_version, resource.kind):
        raise Refused(
            bad_request(
                "Incorrect version specified in apply patch. Specified patch version: "
                f"{version}, expected: {resource.api_version}"
            )
        )
    found = tuple(faults(obj, shape))
    if found:
        metadata = obj.get("metadata")
        name = metadata.get("name", "") if isinstance(metadata, dict) else ""
        raise Refused(untyped(resource, f"{namespace}/{name}", map(_schema_fault, found)))
    decoded: Json = {"metadata": {}} | without_unknown(obj, shape)
    return decoded


def untyped(resource: Resource, place: str, said: Iterable[str]) -> Reply:
    """The answer to a configuration that does not fit the schema."""
    lines = tuple(said)
    where = f"{place}; {resource.group}/{resource.version}, Kind={resource.kind}"
    told = lines[0] if len(lines) == 1 else "\n  ".join(("errors:", *lines))
    return failure(500, "", f"failed to create typed patch object ({where}): {told}")


def unhandled(resource: Resource, why: str) -> Reply:
    """The 400 for a body that is not an object of the kind."""
    kind, version = resource.kind, resource.version
    return bad_request(f'{kind} in version "{version}" cannot be handled as a {kind}: {why}')


def _of_kind(obj: Json, resource: Resource) -> None:
    """A body may leave its kind out; the path says it."""
    version = obj.get("apiVersion") or resource.api_version
    if version != resource.api_version:
        raise Refused(
            bad_request(
                f"the API version in the data ({version}) does not match the expected API version "
                f"({resource.api_version})"
            )
        )
    kind = obj.get("kind") or resource.kind
    if kind != resource.kind:
        raise Refused(
            bad_request(
                f'{kind} in version "{resource.version}" cannot be handled as a {resource.kind}'
            )
        )


def _wrong_form(fault: Fault) -> str:
    return (
        f"json: cannot unmarshal {fault.found} into Go struct field {fault.path} "
        f"of type {fault.wanted}"
    )


def _schema_fault(fault: Fault) -> str:
    if fault.wanted:
        return f".{fault.path}: expected {fault.wanted}, got {fault.found}"
    return f".{fault.path}: field not declared in schema"
