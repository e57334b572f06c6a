"""Every slip of one character: replaced, dropped, inserted, swapped with the next."""

from collections.abc import Iterable, Iterator
from itertools import cycle
from typing import NamedTuple

# What a slip may put there: digits, all signs of numbers and dates, what divides cells and lines,
# letters of numbers as programs write them, digits of other scripts, and a letter.
CHARACTERS = "0123456789.,'-+/ ;:|\t\n\r\"()<>&eExXNS\u00a0€$\uff15\u0663\u0000ä"


class Mutation(NamedTuple):
    kind: str
    position: int
    text: str


def mutations(
    text: str, *, positions: Iterable[int] | None = None, thorough: int = 0
) -> Iterator[Mutation]:
    """A slip or more at each position of the text, or at those given.

    At digits, signs, delimiters, quotation marks and line ends: a drop, and a swap or a character
    replaced or inserted. Inside words, one of the four after the other. The characters put there
    go round, so that each comes up everywhere. `thorough` is how many of them are tried at every
    position in all four ways instead: for whoever changes the rules of reading.
    """
    besides, characters = cycle((_replaces, _inserts, _swaps)), cycle(CHARACTERS)
    in_words = cycle((_drops, _swaps, _replaces, _inserts))
    for at in range(len(text) + 1) if positions is None else positions:
        if thorough:
            kinds = [_drops, _swaps, *[_replaces, _inserts] * thorough]
        elif text[max(at - 1, 0) : at + 2].isalpha():
            kinds = [next(in_words)]
        else:
            kinds = [_drops, next(besides)]
        for kind in kinds:
            yield from kind(text, at, characters)


def _drops(text: str, at: int, _: Iterator[str]) -> Iterator[Mutation]:
    if at < len(text):
        yield Mutation("drop", at, text[:at] + text[at + 1 :])


def _swaps(text: str, at: int, _: Iterator[str]) -> Iterator[Mutation]:
    here, after = text[at : at + 1], text[at + 1 : at + 2]
    if after and after != here:
        yield Mutation("swap", at, text[:at] + after + here + text[at + 2 :])


def _replaces(text: str, at: int, characters: Iterator[str]) -> Iterator[Mutation]:
    character = next(characters)
    if text[at : at + 1] not in ("", character):
        yield Mutation(f"replace by {character!r}", at, text[:at] + character + text[at + 1 :])


def _inserts(text: str, at: int, characters: Iterator[str]) -> Iterator[Mutation]:
    character = next(characters)
    yield Mutation(f"insert {character!r}", at, text[:at] + character + text[at:])
