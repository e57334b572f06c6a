"""JSON in and out, and nothing else: what cannot be stored or is said twice is refused here."""

import json
import math
from collections.abc import Iterator
from typing import IO, NoReturn

from django.conf import settings
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from tenancy.api.codes import Code
from tenancy.api.errors import escaped
from tenancy.api.problems import ApiError, Fault, at, invalid

DEEPEST = 20  # levels of a body
UNSTORABLE = "null_characters_not_allowed"

# What holds a value, and its step there. As a pointer it is written only where something is wrong:
# the pointers of a whole body can be many times as long as the body.
type Place = tuple[Place, str | int] | None


class StrictJSONParser(BaseParser):
    """UTF-8 JSON without NaN, infinity, members given twice, NUL or halves of characters."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str, parser_context: dict) -> object:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise ApiError(
                Code.PAYLOAD_TOO_LARGE, f"A body has at most {limit:,} bytes.", limit=limit
            )
        try:
            text = raw.decode()
            data = _decoder.decode(text)
        except (ValueError, RecursionError) as fault:
            told = str(fault) if isinstance(fault, ValueError) else "it is nested too deeply"
            raise malformed(told) from None
        # UTF-8 itself cannot hold what is looked for: only an escape can bring it in.
        if "\\u" in text or text.count("{") + text.count("[") > DEEPEST:
            wrong = invalid(_unstorable(data))
            if wrong.errors:
                raise wrong
        return data


class JSONNegotiation(BaseContentNegotiation):
    """Whoever accepts JSON, or problem+json alone, or anything, gets JSON."""

    fits = frozenset({"", "*/*", "application/json", "application/*", "application/problem+json"})
    other = DefaultContentNegotiation()

    def select_parser(self, request: Request, parsers: list[BaseParser]) -> BaseParser | None:
        if request.content_type == StrictJSONParser.media_type:
            return parsers[0]
        return self.other.select_parser(request, parsers)

    def select_renderer(
        self, request: Request, renderers: list[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        if request.META.get("HTTP_ACCEPT", "") in self.fits:
            return renderers[0], renderers[0].media_type
        return self.other.select_renderer(request, renderers, format_suffix)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is out of range")
    return number


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is given twice")
    return members


_decoder = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_once_each
)


def malformed(why: str) -> ApiError:
    detail = f"The body cannot be read as JSON: {why}."
    return ApiError(Code.VALIDATION_ERROR, detail, errors=[at("", "malformed_json", detail)])


def _unstorable(data: object) -> Iterator[Fault]:
    """Walks the body without recursion: its depth is one of the things that can be wrong."""
    todo: list[tuple[Place, object, int]] = [(None, data, 0)]
    while todo:
        place, value, level = todo.pop()
        if level > DEEPEST:
            yield at(_pointer(place), "too_deep", f"A body has at most {DEEPEST} levels.")
            return
        if isinstance(value, str):
            if not _is_storable(value):
                yield at(_pointer(place), UNSTORABLE, "NUL and surrogates are refused.")
        elif isinstance(value, dict):
            for name, inner in value.items():
                if _is_storable(name):
                    todo.append(((place, name), inner, level + 1))
                else:
                    yield at(_pointer(place), UNSTORABLE, "A member's name holds NUL.")
        elif isinstance(value, list):
            todo += [((place, index), inner, level + 1) for index, inner in enumerate(value)]


def _pointer(place: Place) -> str:
    steps = []
    while place is not None:
        place, step = place
        steps.append(f"/{escaped(str(step))}")
    return "".join(reversed(steps))


def _is_storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
