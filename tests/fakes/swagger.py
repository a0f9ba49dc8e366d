"""Answers held against a Swagger 2.0 document: statuses, types, formats, enums, fields."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Schema = Mapping[str, Any]


class Swagger:
    """A Swagger 2.0 document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._paths = document["paths"]
        self._definitions = document["definitions"]

    def knows(self, method: str, path: str) -> bool:
        """Whether there is such an operation; `path` has its parameters in braces."""
        return method.lower() in self._paths.get(path, {})

    def faults(self, method: str, path: str, status: int, answer: Any) -> list[str]:
        """What is wrong with an answer. A field that is not required may be null, as .NET writes it."""
        responses = self._paths[path][method.lower()]["responses"]
        if str(status) not in responses:
            return [f"{status} is none of {', '.join(responses)}"]
        schema = responses[str(status)].get("schema")
        if schema is None:
            return [] if answer is None else [f"{status} has no content"]
        return list(self._faults("answer", schema, answer))

    def _faults(self, where: str, schema: Schema, value: Any) -> Iterator[str]:
        flat = self._flat(schema)
        kind = flat.get("type", "object")
        if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
            yield f"{where} is no {kind}: {value!r}"
        elif kind == "object":
            yield from self._fields(where, flat, value)
        elif kind == "array":
            for number, one in enumerate(value):
                yield from self._faults(f"{where}[{number}]", flat["items"], one)
        elif "enum" in flat and value not in flat["enum"]:
            yield f"{where} is none of the enum: {value!r}"
        elif not _formatted(flat.get("format"), value):
            yield f"{where} is no {flat['format']}: {value!r}"

    def _fields(self, where: str, flat: Schema, value: Mapping[str, Any]) -> Iterator[str]:
        known, required = flat.get("properties", {}), set(flat.get("required", ()))
        for name in sorted(value.keys() - known.keys()):
            yield f"{where}.{name} is unknown"
        for name in sorted(required - value.keys()):
            yield f"{where}.{name} is missing"
        for name in value.keys() & known.keys():
            if value[name] is not None or name in required:
                yield from self._faults(f"{where}.{name}", known[name], value[name])

    def _flat(self, schema: Schema) -> Schema:
        """A schema with its references followed and its parts (allOf) made one."""
        if "$ref" in schema:
            return self._flat(self._definitions[schema["$ref"].rpartition("/")[2]])
        if "allOf" not in schema:
            return schema
        parts = [self._flat(one) for one in schema["allOf"]]
        properties = {name: field for part in parts for name, field in part.get("properties", {}).items()}
        required = [name for part in parts for name in part.get("required", ())]
        return {"type": "object", "properties": properties, "required": required}


def _formatted(kind: str | None, value: Any) -> bool:
    if kind == "guid":
        return GUID.fullmatch(value) is not None
    if kind == "date-time":
        return datetime.fromisoformat(value).tzinfo is not None
    return True
