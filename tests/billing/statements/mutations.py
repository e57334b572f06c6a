"""Every slip of one character: replaced, dropped, inserted, swapped with the next."""

from collections.abc import Iterator
from itertools import cycle
from typing import NamedTuple

# What a slip may put there: digits, all signs of numbers and dates, what divides cells and lines,
# letters of numbers as programs write them, digits of other scripts, and a letter.
CHARACTERS = "0123456789.,'-+/ ;:|\t\n\r\"()eExXNS\u00a0€$\uff15\u0663\u0000ä"


class Mutation(NamedTuple):
    kind: str
    position: int
    text: str


def mutations(text: str, *, at_each: int, alphabet: str = CHARACTERS) -> Iterator[Mutation]:
    """All drops and swaps, and at each position `at_each` replacements and as many insertions.

    Which characters those are goes round, so that each of them comes up everywhere in a file.
    """
    replacing, inserting = cycle(alphabet), cycle(alphabet[7:] + alphabet[:7])
    for at in range(len(text) + 1):
        before, here, after = text[:at], text[at : at + 1], text[at + 1 :]
        for character in (next(inserting) for _ in range(at_each)):
            yield Mutation(f"insert {character!r}", at, before + character + here + after)
        if not here:
            return
        yield Mutation("drop", at, before + after)
        if after and after[0] != here:
            yield Mutation("swap", at, before + after[0] + here + after[1:])
        for character in (next(replacing) for _ in range(at_each)):
            if character != here:
                yield Mutation(f"replace by {character!r}", at, before + character + after)
