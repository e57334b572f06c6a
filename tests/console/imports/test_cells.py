from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.csv_writing import guarded
from console.imports import cells
from tenancy.errors import InvalidValue


@pytest.mark.parametrize(("cell", "value"), [("1000", 1000), ("0", 0), ("-5", -5), ("007", 7)])
def test_whole_numbers(cell, value):
    assert cells.whole(cell) == value


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("", "0 for none"),
        ("1.000", "could mean 1 or 1000"),
        ("1,000", "could mean 1 or 1000"),
        ("1.000.000", "Write 1000000"),
        ("1 000", "Write 1000"),
        ("1'000", "Write 1000"),
        ("1.9", "no whole number"),
        ("1000.0", "no whole number"),
        ("1e3", "no whole number"),
        ("+5", "no whole number"),
        ("0x10", "no whole number"),
        ("1_000", "no whole number"),
        ("many", "no whole number"),
        ("nan", "no whole number"),
        ("٣", "digits 0 to 9"),
        ("³", "digits 0 to 9"),
        ("9" * 5000, "5000 digits"),
    ],
)
def test_what_is_no_whole_number_says_how_to_write_it(cell, says):
    with pytest.raises(InvalidValue) as refused:
        cells.whole(cell)
    assert says in refused.value.message


@pytest.mark.parametrize("cell", ["89.00", "89", "89.5", "0", "0.00"])
def test_prices(cell):
    assert cells.price(cell) == Decimal(cell)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("", "0.00 for none"),
        ("89,00", "Write 89.00"),
        ("89,5", "Write 89.5"),
        ("1.000", "could mean 1.00 or 1000.00"),
        ("1,000", "could mean 1.00 or 1000.00"),
        ("1,234.50", "Write 1234.50"),
        ("1.234,50", "Write 1234.50"),
        ("1 234,50", "Write 1234.50"),
        ("$89", "US dollars"),
        ("89.00 USD", "US dollars"),
        ("89,00 €", "US dollars"),
        ("1e3", "no price"),
        ("NaN", "no price"),
        ("Infinity", "no price"),
        ("٨٩", "digits 0 to 9"),
    ],
)
def test_what_is_no_price_says_how_to_write_it(cell, says):
    with pytest.raises(InvalidValue) as refused:
        cells.price(cell)
    assert says in refused.value.message


@pytest.mark.parametrize("cell", ["yes", "YES", "True", "true", "1"])
def test_yes(cell):
    assert cells.yes_no(cell) is True


@pytest.mark.parametrize("cell", ["no", "No", "FALSE", "0"])
def test_no(cell):
    assert cells.yes_no(cell) is False


@pytest.mark.parametrize("cell", ["", "y", "2", "on", "ja", "WAHR"])
def test_neither_yes_nor_no(cell):
    with pytest.raises(InvalidValue):
        cells.yes_no(cell)


def test_codes_have_bars_between_them():
    assert cells.codes(" ai_writer | IMAGE_GEN ||") == ["ai_writer", "image_gen"]
    assert cells.codes("") == []


@pytest.mark.parametrize("cell", ["ai_writer,image_gen", "ai_writer;image_gen", "ai_writer x"])
def test_codes_with_something_else_between_them(cell):
    with pytest.raises(InvalidValue) as refused:
        cells.codes(cell)
    assert "ai_writer|image_gen" in refused.value.message


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("a\x00b", "invisible character (number 0)"),
        ("a\x07b", "invisible character (number 7)"),
        ("a\nb", "line break"),
        ("Caf\ufffd", "earlier conversion"),
        ("x" * 1001, "1,001 characters"),
    ],
)
def test_what_no_text_may_hold(cell, says):
    with pytest.raises(InvalidValue) as refused:
        cells.plain_text(cell)
    assert says in refused.value.message


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-1", "@SUM(A1)", "==1", "'=1", "''@x", "'x"])
def test_formulas_stay_text_and_our_guard_is_taken_away_again(text):
    assert cells.plain_text(guarded(text)) == text


@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=30))
def test_whatever_an_export_writes_is_read_back(text):
    assert cells.plain_text(guarded(text)) == text


@pytest.mark.parametrize("value", [True, False])
def test_written_yes_and_no_are_read_back(value):
    assert cells.yes_no(cells.written(value)) is value
