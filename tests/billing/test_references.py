"""Payment references: made to be read out, typed off, and found wrong when they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.services.references import (
    ALPHABET,
    BODY_LENGTH,
    is_valid,
    new_reference,
    normalise,
    printed,
)

EXAMPLES = [
    "IG-7K3F-QX9M-46",
    "IG-2222-2222-56",
    "IG-ZZZZ-ZZZZ-27",
    "IG-KG6N-B8EA-83",
    "IG-2M6T-UM64-23",
    "IG-G2Z8-B9AA-66",
    "IG-J7RJ-UN73-52",
    "IG-C9WW-SEEA-87",
    "IG-8FUD-YVVU-54",
    "IG-3M2K-T32X-32",
    "IG-HQ5V-C9XB-64",
    "IG-7ATF-K87W-88",
    "IG-65Y4-KKAY-83",
    "IG-UN4S-3G4U-85",
    "IG-6R2W-6H2M-28",
    "IG-YGSF-X53S-92",
]
# Whatever a person or an OCR may put in a place of the reference.
ANY_CHARACTER = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def test_the_alphabet_has_no_look_alikes() -> None:
    assert not set("01OIL") & set(ALPHABET)
    assert len(ALPHABET) == len(set(ALPHABET)) == 31


@pytest.mark.parametrize("_", range(5))
def test_a_new_reference_is_valid_ascii_in_groups(_: int) -> None:
    reference = new_reference()
    compact = normalise(reference)

    assert is_valid(reference)
    assert reference.isascii()
    assert [len(part) for part in reference.split("-")] == [2, 4, 4, 2]
    assert not set(compact[2:]) & set("01OIL")
    assert printed(compact) == reference


@pytest.mark.parametrize("reference", EXAMPLES)
def test_a_reference_printed_on_an_invoice_stays_valid(reference: str) -> None:
    assert is_valid(reference)


def test_new_references_do_not_repeat() -> None:
    assert len({new_reference() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("reference", EXAMPLES)
def test_every_wrong_character_is_found(reference: str) -> None:
    compact = normalise(reference)

    slips = [
        compact[:place] + character + compact[place + 1 :]
        for place in range(len(compact))
        for character in ANY_CHARACTER
        if character != compact[place]
    ]

    assert len(slips) == len(compact) * 35
    assert [slip for slip in slips if is_valid(slip)] == []


def test_look_alikes_between_digits_and_letters_are_found() -> None:
    # ISO 11649's own way of counting takes these for the same.
    assert is_valid("IG-KG6N-B8EA-83")
    assert not is_valid("IG-KG6N-BBEA-83")
    assert not is_valid("IG-KG6N-88EA-83")


@pytest.mark.parametrize("reference", EXAMPLES)
def test_every_swap_of_neighbors_is_found(reference: str) -> None:
    compact = normalise(reference)

    slips = [
        compact[:place] + compact[place + 1] + compact[place] + compact[place + 2 :]
        for place in range(len(compact) - 1)
        if compact[place] != compact[place + 1]
    ]

    assert slips
    assert [slip for slip in slips if is_valid(slip)] == []


@pytest.mark.parametrize("reference", EXAMPLES[:5])
def test_people_write_it_their_own_way(reference: str) -> None:
    for written in (
        reference.lower(),
        reference.replace("-", " "),
        reference.replace("-", ""),
        f"  {reference}\n",
        reference.replace("-", " - "),
        ".".join(normalise(reference)),
    ):
        assert is_valid(written)
        assert printed(written) == reference


@pytest.mark.parametrize("text", ["", "IG", "IG-2222-2222", "RF18 5390 0754 7034", "2" * 12])
def test_other_texts_are_no_references(text: str) -> None:
    assert not is_valid(text)


@pytest.mark.parametrize("reference", EXAMPLES[:5])
def test_a_missing_or_added_character_is_found(reference: str) -> None:
    compact = normalise(reference)

    assert not any(is_valid(compact[:n] + compact[n + 1 :]) for n in range(len(compact)))
    assert not any(is_valid(compact[:n] + "7" + compact[n:]) for n in range(len(compact) + 1))


@given(text=st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert is_valid(text) in (True, False)
    assert normalise(printed(text)) == normalise(text)


def test_the_body_is_long_enough_to_be_unguessable() -> None:
    assert len(ALPHABET) ** BODY_LENGTH > 10**11
