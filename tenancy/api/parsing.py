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
from tenancy.api.problems import ApiError, Fault, at

DEEPEST = 20  # levels of a body


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
            data = json.loads(
                text,
                parse_constant=_refuse_constant,
                parse_float=_finite,
                object_pairs_hook=_once_each,
            )
        except (ValueError, RecursionError) as fault:
            told = str(fault) if isinstance(fault, ValueError) else "it is nested too deeply"
            raise malformed(told) from None
        # UTF-8 itself cannot hold what is looked for: only an escape can bring it in.
        if "\\u" in text or text.count("{") + text.count("[") > DEEPEST:
            wrong = list(_unstorable(data))
            if wrong:
                raise ApiError(Code.VALIDATION_ERROR, errors=wrong)
        return data


class JSONNegotiation(BaseContentNegotiation):
    """Whoever accepts JSON, or problem+json alone, or anything, gets JSON."""

    fits = frozenset({"", "*/*", "application/json", "application/*", "application/problem+json"})
    other = DefaultContentNegotiation()

    def select_parser(self, request: Request, parsers: list[BaseParser]) -> BaseParser | None:
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
        raise ValueError(f"{text} is out of range")
    return number


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is given twice")
    return members


def malformed(why: str) -> ApiError:
    detail = f"The body cannot be read as JSON: {why}."
    return ApiError(Code.VALIDATION_ERROR, detail, errors=[at("", "malformed_json", detail)])


def _unstorable(data: object) -> Iterator[Fault]:
    """Walks the body without recursion: its depth is one of the things that can be wrong."""
    todo = [("", data, 0)]
    while todo:
        pointer, value, level = todo.pop()
        if level > DEEPEST:
            yield at(pointer, "too_deep", f"A body has at most {DEEPEST} levels.")
        elif isinstance(value, str):
            if not _is_storable(value):
                yield at(pointer, "null_characters_not_allowed", "NUL and surrogates are refused.")
        elif isinstance(value, dict):
            for name, inner in value.items():
                if _is_storable(name):
                    todo.append((f"{pointer}/{escaped(name)}", inner, level + 1))
                else:
                    yield at(pointer, "null_characters_not_allowed", "A member's name holds NUL.")
        elif isinstance(value, list):
            todo += [(f"{pointer}/{index}", inner, level + 1) for index, inner in enumerate(value)]


def _is_storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
