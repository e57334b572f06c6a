"""Payment references for people and banks: `IG-7K3F-QX9M-46`.

Eight characters drawn from an alphabet without 0, O, 1, I and L, and two check digits by
ISO 7064 mod 97-10, the check of ISO 11649 creditor references. Each character counts as two
digits; ISO 11649 counts 8 as one and B as two, and so misses some slips between the two. Here
every single wrong character and every swap of two neighbors is found. Draws whose check digits
hold a 0 or 1 are dropped.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from stdnum.iso7064 import mod_97_10

from billing.models import Payment

PREFIX = "IG"
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
BODY_LENGTH = 8

# Body and check digits: what stands behind the prefix.
TAIL_LENGTH = BODY_LENGTH + 2
# What eyes and scanners take for one another. No body holds 0, O, 1, I or L; people write them.
LOOK_ALIKES = ("8B", "5S", "2Z", "0ODQ", "1IL", "6G")
MOST_ALIKE = 3  # characters taken for others in one reference
# A bank passes on some hundred characters. No text takes long: the rest is not read.
MOST_READ = 1_000
MOST_PLACES = 20  # where a reference may begin, in one text

_TWO_DIGITS = {character: str(10 + place) for place, character in enumerate(ALPHABET)}
_GAP = "?"
# The same check by parts, modulo 97: what each character counts, and what each place weighs.
_COUNTS = {_GAP: 0} | {character: 10 + place for place, character in enumerate(ALPHABET)}
_CHARACTERS = {count: character for character, count in _COUNTS.items() if count}
_WEIGHTS = tuple(pow(100, BODY_LENGTH - place, 97) for place in range(BODY_LENGTH))
_INVERSES = tuple(pow(weight, -1, 97) for weight in _WEIGHTS)
_ALIKE = {one: group for group in LOOK_ALIKES for one in group}

_TAIL = rf"[{ALPHABET}]{{{BODY_LENGTH}}}[2-9]{{2}}"
# Lookaheads: of two that overlap, both are found.
_ANY_TAIL = re.compile(rf"(?=({_TAIL}))")
_LIKE_PREFIX = re.compile(r"[1IL](?=[6G])")
_SWAPPED_WITH_PREFIX = re.compile(rf"I(?=([{ALPHABET}])G)")
_CHECK_DIGITS = frozenset("23456789")


def new_reference() -> str:
    """A fresh reference in its printed form. Unique only with the database's constraint."""
    while True:
        body = "".join(secrets.choice(ALPHABET) for _ in range(BODY_LENGTH))
        check = check_digits(body)
        if not set(check) & {"0", "1"}:
            return f"{PREFIX}-{body[:4]}-{body[4:]}-{check}"


def check_digits(body: str) -> str:
    """The two digits that close a reference with this body of the alphabet's characters."""
    return mod_97_10.calc_check_digits("".join(_TWO_DIGITS[character] for character in body))


def normalise(text: str) -> str:
    """A reference as people type it, without case, blanks and hyphens: `IG7K3FQX9M46`."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def printed(text: str) -> str:
    """The printed form of a normalised reference; raises nothing, groups whatever is there."""
    compact = normalise(text)
    return "-".join(filter(None, (compact[:2], compact[2:6], compact[6:10], compact[10:])))


@dataclass(frozen=True)
class Guess:
    """A reference that a text may mean, in its printed form, and what is wrong with the text then.

    `slip` is for people: “one character differs (O for Q)”, the written for the meant.
    """

    reference: str
    slip: str


@dataclass(frozen=True)
class Reading:
    """What a text says by itself; whether there are such payments is another question."""

    references: list[str]
    guesses: list[Guess]


def did_you_mean(text: str) -> list[Guess]:
    """The references of payments that are one slip away from what the text holds.

    A slip is one wrong, missing or extra character, two swapped neighbors, a missing prefix, or up
    to three look-alikes. One query by index.
    """
    guesses = read(text).guesses
    wanted = [guess.reference for guess in guesses]
    known = set(Payment.objects.filter(reference__in=wanted).values_list("reference", flat=True))
    return [guess for guess in guesses if guess.reference in known]


def read(text: str) -> Reading:
    """The references in the text of a transfer, however spaced, broken or glued to other words.

    Where there is none, but something a slip away from one with the right check digits, that is
    guessed: some six guesses for a slip.
    """
    compact = normalise(text[: 4 * MOST_READ])[:MOST_READ]
    tails = {found.start(): found[1] for found in _ANY_TAIL.finditer(compact) if _agrees(found[1])}
    whole = {start: tail for start, tail in tails.items() if compact.endswith(PREFIX, 0, start)}
    guesses: dict[str, str] = {}
    for start, tail in tails.items():
        if start not in whole:
            guesses.setdefault(tail, _slip_of_prefix(compact[:start]))
    for tail, slip in _slips(compact, whole={start - len(PREFIX) for start in whole}):
        guesses.setdefault(tail, slip)
    found = dict.fromkeys(whole.values())
    return Reading(
        references=[printed(PREFIX + tail) for tail in found],
        guesses=[
            Guess(printed(PREFIX + tail), slip)
            for tail, slip in guesses.items()
            if tail not in found
        ],
    )


def _slip_of_prefix(before: str) -> str:
    """What is wrong where `IG` should stand, at the end of what is before a right tail."""
    first, second = before[-2:-1], before[-1:]
    for place, extra in enumerate(before[-3:]):
        if before[-3:][:place] + before[-3:][place + 1 :] == PREFIX:
            return f"one character too many ({extra})"
    if first + second == PREFIX[::-1]:
        return _swapped(first + second)
    if second == PREFIX[1]:
        return _differs(first, PREFIX[0])
    if first == PREFIX[0]:
        return _differs(second, PREFIX[1])
    if second == PREFIX[0]:
        return f"one character is missing ({PREFIX[1]})"
    return f"written without {PREFIX}"


def _slips(compact: str, *, whole: set[int]) -> Iterator[tuple[str, str]]:
    """Tails with the right check digits that one slip would make of the text, and that slip.

    `whole` is where references begin whose check digits agree already.
    """
    beginnings = [found.start() for found in _LIKE_PREFIX.finditer(compact)]
    for start in beginnings[:MOST_PLACES]:
        prefix, rest = compact[start : start + len(PREFIX)], compact[start + len(PREFIX) :]
        if start in whole:
            # One text in a hundred with a character too many agrees by chance.
            yield from _too_long(rest)
            continue
        if prefix == PREFIX:
            yield from _one_wrong(rest[:TAIL_LENGTH])
            yield from _too_short(rest[: TAIL_LENGTH - 1])
            yield from _too_long(rest)
        yield from _look_alikes(prefix, rest[:TAIL_LENGTH])
    for found in _SWAPPED_WITH_PREFIX.finditer(compact):
        tail = found[1] + compact[found.end() + 2 : found.end() + 1 + TAIL_LENGTH]
        if _agrees(tail):
            yield tail, _swapped(found[1] + PREFIX[1])


def _one_wrong(rest: str) -> Iterator[tuple[str, str]]:
    for place, written in enumerate(rest):
        pair = rest[place : place + 2]
        tail = rest[:place] + pair[::-1] + rest[place + 2 :]
        if _agrees(tail):
            yield tail, _swapped(pair)
        tail = _completed(rest[:place] + _GAP + rest[place + 1 :])
        if tail:
            yield tail, _differs(written, tail[place])


def _too_short(rest: str) -> Iterator[tuple[str, str]]:
    for place in range(TAIL_LENGTH):
        tail = _completed(rest[:place] + _GAP + rest[place:])
        if tail:
            yield tail, f"one character is missing ({tail[place]})"


def _too_long(rest: str) -> Iterator[tuple[str, str]]:
    for place, written in enumerate(rest[:TAIL_LENGTH]):
        tail = rest[:place] + rest[place + 1 : TAIL_LENGTH + 1]
        if _agrees(tail):
            yield tail, f"one character too many ({written})"


def _look_alikes(prefix: str, rest: str) -> Iterator[tuple[str, str]]:
    """The same with up to three characters taken for ones that look alike."""
    written = prefix + rest
    ways = [_ALIKE.get(one, one) for one in rest]
    # The alphabet leaves at most two ways a place: few hundred in all.
    bodies = [[one for one in way if one in ALPHABET] for way in ways[:BODY_LENGTH]]
    checks = [[one for one in way if one in _CHECK_DIGITS] for way in ways[BODY_LENGTH:]]
    for characters in product(*bodies, *checks):
        tail = "".join(characters)
        if not _agrees(tail):
            continue
        pairs = zip(written, PREFIX + tail, strict=True)
        changes = [f"{one} for {meant}" for one, meant in pairs if one != meant]
        if len(changes) <= MOST_ALIKE:
            yield tail, f"{len(changes)} characters look alike ({', '.join(changes)})"


def _differs(written: str, meant: str) -> str:
    if not written:
        return f"one character is missing ({meant})"
    return f"one character differs ({written} for {meant})"


def _swapped(written: str) -> str:
    return f"two characters are swapped ({written} for {written[::-1]})"


def _agrees(tail: str) -> bool:
    """Whether these are a body and its check digits: by ISO 7064 they leave 1."""
    check = tail[BODY_LENGTH:]
    if not _are_check_digits(check):
        return False
    counted = _counted(tail[:BODY_LENGTH])
    return counted is not None and (counted + int(check)) % 97 == 1


def _completed(tail: str) -> str:
    """The tail with the one character for its gap that the check leaves; empty for none."""
    body, check = tail[:BODY_LENGTH], tail[BODY_LENGTH:]
    counted = _counted(body)
    if counted is None:
        return ""
    if _GAP in body:
        if not _are_check_digits(check):
            return ""
        inverse = _INVERSES[body.index(_GAP)]
        character = _CHARACTERS.get((1 - int(check) - counted) * inverse % 97, "")
        return tail.replace(_GAP, character) if character else ""
    right = f"{98 - counted % 97:02}"
    fits = _are_check_digits(right) and check in (_GAP + right[1], right[0] + _GAP)
    return body + right if fits else ""


def _counted(body: str) -> int | None:
    """What the characters count for the check, a gap nothing; None for what can be no body."""
    if len(body) != BODY_LENGTH:
        return None
    total = 0
    for character, weight in zip(body, _WEIGHTS, strict=True):
        count = _COUNTS.get(character)
        if count is None:
            return None
        total += count * weight
    return total


def _are_check_digits(check: str) -> bool:
    return len(check) == 2 and _CHECK_DIGITS.issuperset(check)
