"""Payment references: made to be read out, typed off, and found wrong when they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.services.references import (
    ALPHABET,
    BODY_LENGTH,
    MOST_READ,
    Guess,
    did_you_mean,
    new_reference,
    normalise,
    printed,
    read,
)
from tests.factories import open_transfer
from tests.planting import plant

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


def is_valid(text: str) -> bool:
    """Whether the whole text is read as a reference, however it is spaced."""
    return read(text).references == [printed(text)]


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


@pytest.mark.parametrize("reference", [EXAMPLES[0], EXAMPLES[-1]])
def test_one_slip_of_any_kind_leads_back_to_the_reference(reference: str) -> None:
    whole = normalise(reference)
    places = range(len(whole))
    slips = {
        *(whole[:n] + one + whole[n + 1 :] for n in places for one in ANY_CHARACTER),
        *(whole[:n] + one + whole[n:] for n in places for one in ANY_CHARACTER),
        *(whole[:n] + whole[n + 1 :] for n in places),
        *(whole[:n] + whole[n + 1] + whole[n] + whole[n + 2 :] for n in places[:-1]),
    }

    missed = []
    for slip in slips:
        said = read(f"Pay {slip} thanks")
        meant = [*said.references, *(guess.reference for guess in said.guesses)]
        if reference not in meant or len(meant) > 25:
            missed.append(slip)

    assert len(slips) > 800
    assert missed == []


def test_look_alikes_are_read_as_what_they_look_like() -> None:
    for written, slip in (
        ("1G-KG6N-88EA-83", "2 characters look alike (1 for I, 8 for B)"),
        ("L6-KG6N-BBEA-83", "3 characters look alike (L for I, 6 for G, B for 8)"),
        ("IG-KGGN-B8EA-B3", "2 characters look alike (G for 6, B for 8)"),
    ):
        guesses = {guess.reference: guess.slip for guess in read(written).guesses}

        assert guesses["IG-KG6N-B8EA-83"] == slip


@given(before=st.text(max_size=40), after=st.text(max_size=40))
def test_it_is_found_within_any_text(before: str, after: str) -> None:
    for written in ("IG-7K3F-QX9M-46", "ig 7k3f\nqx9m46"):
        said = read(f"{before}{written}{after}")

        assert "IG-7K3F-QX9M-46" in said.references
        assert all(is_valid(guess.reference) for guess in said.guesses)


def test_several_in_one_text_are_told_once_each_in_their_order() -> None:
    text = "IG-YGSF-X53S-92, ig7k3fqx9m46IG-YGSF-X53S-92 and RF18 5390 0754 7034"

    assert read(text).references == ["IG-YGSF-X53S-92", "IG-7K3F-QX9M-46"]


def test_a_long_text_is_read_to_its_limit() -> None:
    reference = "IG-7K3F-QX9M-46"

    assert read("X" * (MOST_READ - 12) + reference).references == [reference]
    assert read("X" * MOST_READ + reference).references == []
    assert len(read("IG8B5S2Z6G" * MOST_READ).guesses) < 5_000


@pytest.mark.django_db
def test_did_you_mean_asks_once_and_tells_only_what_is_there(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    reference, payment = "IG-7K3F-QX9M-46", open_transfer()
    plant("UPDATE igny8_payments SET reference = %s WHERE id = %s", reference, payment.pk)

    with django_assert_num_queries(1):
        (guess,) = did_you_mean("Invoice 12, IG-7K3F-QX9M-64")

    assert guess == Guess(reference, "two characters are swapped (64 for 46)")
    assert did_you_mean(reference) == did_you_mean("IG-KG6N-B8EA-38") == []
