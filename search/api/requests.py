"""Requests to values: query strings and JSON bodies, under their limits, with errors that name the place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
import msgspec.inspect
from starlette.requests import Request

from search.errors import BadRequest, TooLarge

T = TypeVar("T")

MAX_PARAMETERS = 200
_PATH = re.compile(r" - at `(.*)`$")
_STEP = re.compile(r"\[[^]]*\]|[^.\[]+")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")


async def read_body(request: Request, limit: int) -> bytes:
    """The body, counted while it comes in.

    Raises:
        TooLarge: more than `limit` bytes; the rest is not read.
    """
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLarge(f"The body has more than {limit:,} bytes. Send less at once.", "body")
        parts.append(part)
    return b"".join(parts)


def check_depth(body: bytes, deepest: int) -> None:
    """Count brackets outside of strings; deep nesting is refused before any parser recurses into it.

    Raises:
        BadRequest: more than `deepest` levels.
    """
    depth, in_string, escaped = 0, False, False
    for byte in body:
        if in_string:
            in_string = escaped or byte != 0x22
            escaped = byte == 0x5C and not escaped
        elif byte == 0x22:
            in_string = True
        elif byte in (0x5B, 0x7B):
            depth += 1
            if depth > deepest:
                raise BadRequest(f"The body nests brackets more than {deepest} deep. Send a flatter one.", "body")
        elif byte in (0x5D, 0x7D):
            depth -= 1


def decode_json(body: bytes, type: type[T], deepest: int) -> T:
    """A JSON body as a value of that type.

    Raises:
        BadRequest: no JSON, or not of that shape; the message names the field.
    """
    check_depth(body, deepest)
    try:
        return msgspec.json.decode(body, type=type)
    except msgspec.ValidationError as error:
        raise _bad_value(error, type) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"The body is no JSON that can be read: {error}.", "body") from error


def decode_parameters(request: Request, type: type[T], lists: frozenset[str] = frozenset()) -> T:
    """A query string as a value of that type. Lists repeat the parameter or separate by commas.

    Dotted names reach into structures: `context.referrer_query=…`.

    Raises:
        BadRequest: no UTF-8, an unknown or repeated parameter, or a value that does not fit.
    """
    known = _known_fields(type)
    tree: dict[str, Any] = {}
    for name, value in _pairs(request):
        head, _, leaf = name.partition(".")
        if head not in known:
            told = f"Known parameters: {', '.join(known)}." if known else "This address takes none: leave it out."
            raise BadRequest(f"No parameter '{name}'. {told}", name)
        if head in lists:
            tree.setdefault(head, []).extend(part for part in value.split(",") if part)
        elif leaf:
            tree.setdefault(head, {})[leaf] = value
        elif head in tree:
            raise BadRequest(f"The parameter '{name}' is given twice. Give it once.", name)
        else:
            tree[head] = value
    try:
        return msgspec.convert(tree, type, strict=False)
    except msgspec.ValidationError as error:
        raise _bad_value(error, type) from error


def _pairs(request: Request) -> list[tuple[str, str]]:
    try:
        text = request.scope["query_string"].decode("ascii")
        return parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError as error:
        raise BadRequest(
            "The query string is no UTF-8. Percent-encode every character as UTF-8.", "query string"
        ) from error
    except ValueError as error:
        raise BadRequest(
            f"The query string has more than {MAX_PARAMETERS} parameters. Send a POST.", "query string"
        ) from error


def _known_fields(type: Any) -> tuple[str, ...]:
    """Names of a structure's fields; lists and unions of structures have none of their own. `msgspec.structs.fields`
    reads the annotations anew each time, which took a millisecond."""
    return type.__struct_encode_fields__ if isinstance(type, msgspec.StructMeta) else ()


def _bad_value(error: msgspec.ValidationError, type: Any) -> BadRequest:
    """msgspec's message with the field as the place, and what would fit: known fields, known values."""
    text = str(error)
    found = _PATH.search(text)
    place = found.group(1).removeprefix("$").removeprefix(".") if found else ""
    message = _PATH.sub("", text)
    at = _type_at(type, place)
    unknown = _UNKNOWN.match(message)
    if unknown:
        fields = [field.encode_name for field in at.fields] if isinstance(at, msgspec.inspect.StructType) else []
        known = f" Known fields: {', '.join(fields)}." if fields else ""
        inside = f" in {place}" if place else ""
        return BadRequest(f"No field '{unknown.group(1)}'{inside}.{known}", unknown.group(1))
    if isinstance(at, msgspec.inspect.LiteralType):
        message += f" (one of: {', '.join(map(str, at.values))})"
    return BadRequest(f"{message}{f' in {place}' if place else ''}.", place or "body")


def _type_at(type: Any, place: str) -> msgspec.inspect.Type:
    """The type of the value at a place such as `searches[0].page`, as far as structures and lists lead."""
    at = _unwrapped(msgspec.inspect.type_info(type))
    for step in _STEP.findall(place):
        if step.startswith("[") and isinstance(at, msgspec.inspect.ListType):
            at = _unwrapped(at.item_type)
        elif isinstance(at, msgspec.inspect.StructType):
            fields = {field.encode_name: field.type for field in at.fields}
            at = _unwrapped(fields.get(step, at))
    return at


def _unwrapped(type: msgspec.inspect.Type) -> msgspec.inspect.Type:
    """Without its metadata, and without the None of an optional value."""
    while isinstance(type, msgspec.inspect.Metadata):
        type = type.type
    if isinstance(type, msgspec.inspect.UnionType):
        real = [option for option in type.types if not isinstance(option, msgspec.inspect.NoneType)]
        return _unwrapped(real[0]) if len(real) == 1 else type
    return type


def one_or_many(body: bytes, type: type[T], deepest: int) -> list[T]:
    """A JSON object or a list of objects, as a list."""
    many: Mapping[bool, Any] = {True: list[type], False: type}  # type: ignore[valid-type]
    is_list = body.lstrip()[:1] == b"["
    value = decode_json(body, many[is_list], deepest)
    return value if is_list else [value]  # type: ignore[return-value]
