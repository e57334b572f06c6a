"""Reads settings from the environment, strictly: typos, bad and missing values are said plainly.

Faults are gathered, so that one start shows them all.
"""

import difflib
import os
import re
from collections.abc import Callable, Mapping

from django.core.exceptions import ImproperlyConfigured

PREFIX = "IGNY8_"
TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


class Environment:
    """One reading of the environment. `finish()` raises if anything in it was wrong."""

    def __init__(self, variables: Mapping[str, str] = os.environ) -> None:
        self.variables = variables
        self.known: set[str] = set()
        self.wrong: list[str] = []
        self.missing: list[str] = []

    def read[T](
        self,
        name: str,
        parse: Callable[[str], T],
        *,
        example: str,
        default: T | None = None,
        required: bool = False,
        how: str = "",
    ) -> T | None:
        """Return the parsed value, or the default when unset or empty.

        `how` tells a person how to make a required one.
        """
        self.known.add(name)
        text = self.variables.get(name, "").strip()
        if not text:
            if required:
                self.missing.append(f"{name} is missing. {how or f'Example: {name}={example}'}")
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.wrong.append(f"{name} is wrong: {error}. Example: {name}={example}")
            return default

    def text(self, name: str, **options: object) -> str:
        return self.read(name, str, **{"default": "", **options})

    def flag(self, name: str, *, default: bool) -> bool:
        return self.read(name, parse_flag, example="1", default=default)

    def number(self, name: str, *, default: int, most: int) -> int:
        return self.read(
            name, lambda text: parse_number(text, most=most), example=str(default), default=default
        )

    def several(self, name: str, parse: Callable[[str], list[str]], **options: object) -> list[str]:
        return self.read(name, parse, **{"default": [], **options})

    def finish(self) -> None:
        """Refuse unknown names of ours, then raise ImproperlyConfigured with one line per fault.

        What is missing is said only when nothing is wrong: a mistyped name is both.
        """
        for name in sorted(self.variables):
            if name.startswith(PREFIX) and name not in self.known:
                self.wrong.append(f"{name} is not a setting.{self._closest(name)}")
        if self.wrong or self.missing:
            raise ImproperlyConfigured("\n".join(self.wrong or self.missing))

    def _closest(self, name: str) -> str:
        # Compared without the prefix, which makes any two of ours alike.
        ours = {
            known.removeprefix(PREFIX): known for known in self.known if known.startswith(PREFIX)
        }
        near = difflib.get_close_matches(name.removeprefix(PREFIX), ours, n=1, cutoff=0.6)
        if near:
            return f" Did you mean {ours[near[0]]}?"
        return " docs/operations.md lists them all."


def parse_flag(text: str) -> bool:
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise ValueError(f"{text!r} is neither 1 nor 0")


def parse_number(text: str, *, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) > most:
        raise ValueError(f"{text!r} is not a whole number from 0 to {most}")
    return int(text)


def parse_list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
