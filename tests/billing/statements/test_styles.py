"""Amounts and dates: one style for a file, decided by what means one thing, else asked for."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.statements import Style, Unreadable
from tenancy.errors import InvalidValue
from tests.billing.statements.reading import amounts, days, faults, read_table, refusal, table


def refused_amount(*cells: str, **style: object) -> Unreadable:
    data = table(*(f"2025-03-31;P;R;{cell};EUR" for cell in cells))
    return refusal(data, style=Style(**style))


def refused_day(*cells: str, **style: object) -> Unreadable:
    return refusal(table(*(f"{cell};P;R;1,00;EUR" for cell in cells)), style=Style(**style))


@pytest.mark.parametrize(
    ("cells", "read_as"),
    [
        (["1.234,56", "1.234", "7"], ["1234.56", "1234.00", "7.00"]),
        (["1,234.56", "1,234", "0.5"], ["1234.56", "1234.00", "0.50"]),
        (["1 234,56", "1 234"], ["1234.56", "1234.00"]),
        (["1\u00a0234,56", "1\u202f234"], ["1234.56", "1234.00"]),
        (["1'234.56", "1’234"], ["1234.56", "1234.00"]),
        (["1.234.567", "1.234"], ["1234567.00", "1234.00"]),
        (["250", "1250"], ["250.00", "1250.00"]),
        (["-5,00", "5,00-", "(5,00)", "\u22125,00", "+5,00"], ["-5.00"] * 4 + ["5.00"]),
        (["€ 5,00", "5,00 €", "EUR 5,00", "-5,00 EUR", "EUR-5,00"], ["5.00"] * 3 + ["-5.00"] * 2),
        (["0,00", "-0,00", "000123,45"], ["0.00", "0.00", "123.45"]),
        (["999999999999,99"], ["999999999999.99"]),
    ],
)
def test_amounts_of_one_style_are_read(cells: list[str], read_as: list[str]) -> None:
    assert amounts(*cells) == read_as


@pytest.mark.parametrize(
    "cell",
    [
        "", "abc", "NaN", "Infinity", "1e3", "0x10", "1_000", "\uff11,00", "\u0661,00", "½",
        "--5,00",
        "5,00--", "-5,00-", "(5,00", "5,00)", "-(5,00)", "1,", ",5", ".50", "1,234,56", "12.34,56",
        "1.2345,00", "0.123,00", "1..234,00", "1.234'567,00", "5 ,00", "1 23,00", "EUR EUR 5,00",
        "eur 5,00", "5,00 XYZ", "5,00 USD", "$5,00", "1234567890123,00", "5,001", "=1+1", "5%", "-",
        "\u200b5,00", "5,00\u200b", "TRUE", "٫5",
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused_by_its_place_and_never_zero(cell: str) -> None:
    refused = refused_amount("1.234,56", cell, "2,00")

    found = [fault for fault in refused.facts["faults"] if fault.line == 3]
    assert [(fault.column, fault.value) for fault in found] == [("Amount", cell)]
    assert refused.facts["asks"] == ()
    assert len(refused.facts["faults"]) == 1


@pytest.mark.parametrize("cells", [["1.234"], ["1,234", "250"], ["-1.234 EUR", "2.500", "7"]])
def test_a_column_that_means_two_things_is_asked_for(cells: list[str]) -> None:
    refused = refused_amount(*cells)

    assert refused.facts["asks"] == ("decimal",)
    (fault,) = refused.facts["faults"]
    assert (fault.line, fault.column, fault.value) == (2, "Amount", cells[0])
    assert "Choose the decimal sign" in refused.message


def test_the_choice_decides_and_binds() -> None:
    assert amounts("1.234", "250", decimal=",") == ["1234.00", "250.00"]
    assert amounts("1,234", decimal=".") == ["1234.00"]
    assert "3 decimals" in refused_amount("1.234", decimal=".").message
    assert len(refused_amount("1,50", "2,50", decimal=".").facts["faults"]) == 2


def test_two_styles_in_one_file_are_refused() -> None:
    one_slip = refused_amount("1,50", "2,50", "1.234,00", "3.50").facts["faults"]
    assert [fault.value for fault in one_slip] == ["3.50"]

    undecided = refused_amount("1,50", "2.50").facts["faults"]
    assert [fault.value for fault in undecided] == ["1,50", "2.50"]

    groups = refused_amount("1.234,00", "2.345,00", "1'234,00").facts["faults"]
    assert [fault.value for fault in groups] == ["1'234,00"]

    assert refused_amount("1.234", "1,234").facts["faults"]


@pytest.mark.parametrize(
    ("cells", "read_as"),
    [
        (["13/03/2025", "05/04/2025"], ["2025-03-13", "2025-04-05"]),
        (["03/13/2025", "05/04/2025"], ["2025-03-13", "2025-05-04"]),
        (["05.04.2025"], ["2025-04-05"]),
        (["5.4.25", "06.04.25"], ["2025-04-05", "2025-04-06"]),
        (["2025-04-05"], ["2025-04-05"]),
        (["2025/04/05"], ["2025-04-05"]),
        (["20250405"], ["2025-04-05"]),
        (["05042025", "13042025"], ["2025-04-05", "2025-04-13"]),
        (["03/13/25", "04/05/25"], ["2025-03-13", "2025-04-05"]),
        (["2025-04-05T23:30:00Z", "2025-04-06 00:10:00+02:00"], ["2025-04-05", "2025-04-06"]),
        (["5 April 2025", "05 Apr 2025", "5. Mai 2025", "06-Dez-25"],
         ["2025-04-05", "2025-04-05", "2025-05-05", "2025-12-06"]),
        (["Apr 5, 2025"], ["2025-04-05"]),
        (["05/05/2025"], ["2025-05-05"]),
        (["29.02.2024"], ["2024-02-29"]),
    ],
)  # fmt: skip
def test_dates_of_one_style_are_read(cells: list[str], read_as: list[str]) -> None:
    assert days(*cells) == read_as


@pytest.mark.parametrize(
    "cell",
    [
        "", "31.02.2025", "29.02.2025", "32.01.2025", "00.01.2025", "01.13.2025", "01.03.025",
        "01.03.20255", "1.3", "01.03/2025", "2025-03-01", "01.03.1925", "01.03.2925", "45000",
        "01.03.25", "0\uff11.03.2025", "heute", "01.03.2025 25:00", "1.3.2025.",
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused_by_its_place(cell: str) -> None:
    (fault,) = refused_day("01.03.2025", "02.03.2025", cell, "05.03.2025").facts["faults"]

    assert (fault.line, fault.column, fault.value) == (4, "Date", cell)


@pytest.mark.parametrize("cells", [["03/04/2025", "05/06/2025"], ["03-04-2025"], ["13/03/25"]])
def test_dates_that_mean_two_things_are_asked_for(cells: list[str]) -> None:
    refused = refused_day(*cells)

    assert refused.facts["asks"] == ("dates",)
    assert [(fault.line, fault.value) for fault in refused.facts["faults"]] == [(2, cells[0])]


def test_the_chosen_order_decides_and_binds() -> None:
    assert days("03/04/2025", dates="DMY") == ["2025-04-03"]
    assert days("03/04/2025", dates="MDY") == ["2025-03-04"]
    assert days("25-03-04", dates="YMD") == ["2025-03-04"]
    assert days("2025-03-04", dates="DMY") == ["2025-03-04"]  # can be read in one way only
    assert [fault.value for fault in refused_day("13/04/2025", dates="MDY").facts["faults"]] == [
        "13/04/2025"
    ]


def test_two_orders_in_one_file_are_refused() -> None:
    one_slip = refused_day("13/03/2025", "14/03/2025", "03/15/2025").facts["faults"]
    assert [fault.value for fault in one_slip] == ["03/15/2025"]

    undecided = refused_day("13/03/2025", "03/15/2025", "01/02/2025").facts["faults"]
    assert [fault.value for fault in undecided] == ["13/03/2025", "03/15/2025"]

    # With points, the day comes first: one slip does not turn the others round.
    with_points = refused_day("01.03.2025", "02.03.2025", "03.15.2025").facts["faults"]
    assert [fault.value for fault in with_points] == ["03.15.2025"]


def test_one_column_of_dates_shows_the_order_of_the_other() -> None:
    head = "Booking date;Value date;Amount;Currency"
    shown = table("03/04/2025;04/04/2025;1;EUR", "03/04/2025;13/04/2025;1;EUR", head=head)
    slip = table("03/04/2025;04/14/2025;1;EUR", "13/04/2025;05/04/2025;1;EUR", head=head)
    apart = table("2025-04-03;04.05.2025;1;EUR", head=head)

    assert [str(line.booked_on) for line in read_table(shown).lines] == ["2025-04-03"] * 2
    assert [fault.value for fault in faults(slip)] == ["04/14/2025", "13/04/2025"]
    assert [str(line.value_date) for line in read_table(apart).lines] == ["2025-05-04"]


def test_the_currency_is_told_chosen_or_asked_for() -> None:
    head = "Date;Payer;Amount"
    lines = ("2025-03-31;P;5,00", "2025-03-31;P;6,00")

    refused = refusal(table(*lines, head=head))
    assert refused.facts["asks"] == ("currency",)
    chosen = read_table(table(*lines, head=head), style=Style(currency="USD"))
    assert (chosen.currency, chosen.lines[0].currency) == ("USD", "USD")
    for told in ("Date;Payer;Amount (EUR)", "Date;Payer;Betrag in EUR", "Date;Payer;Betrag €"):
        assert read_table(table(*lines, head=told)).currency == "EUR"
    against = refusal(table(*lines, head="Date;Payer;Amount EUR"), style=Style(currency="USD"))
    assert "not in USD" in against.message
    # A dollar sign is the sign of twenty currencies.
    dollars = table("2025-03-31;P;$5.00", head=head)
    assert refusal(dollars).facts["asks"] == ("currency",)
    assert read_table(dollars, style=Style(currency="CAD")).currency == "CAD"


def test_one_file_is_of_one_currency() -> None:
    slip = faults(table(*["2025-03-31;P;R;5,00;EUR"] * 2, "2025-03-31;P;R;5,00;USD"))
    assert [(fault.line, fault.value) for fault in slip] == [(4, "USD")]

    both = faults(table("2025-03-31;P;R;5,00;EUR", "2025-03-31;P;R;5,00;USD"))
    assert [(fault.line, fault.column) for fault in both] == [(2, "Currency"), (3, "Currency")]

    for cell in ("", "eur", "EUX", "E U R"):
        (fault,) = faults(table(*["2025-03-31;P;R;5,00;EUR"] * 2, f"2025-03-31;P;R;5,00;{cell}"))
        assert (fault.line, fault.column, fault.value) == (4, "Currency", cell)


@pytest.mark.parametrize(
    "choice",
    [{"decimal": ";"}, {"dates": "YDM"}, {"currency": "EUX"}, {"reversals": "maybe"}],
)
def test_a_choice_that_does_not_exist_is_refused(choice: dict[str, str]) -> None:
    with pytest.raises(InvalidValue) as refused:
        Style(**choice)

    assert refused.value.facts == {"field": next(iter(choice))}


def test_what_was_found_out_is_told_in_words() -> None:
    detected = read_table(table("31.03.2025;P;R;1.234,56;EUR")).detected

    assert detected.encoding == "UTF-8"
    assert detected.delimiter == "semicolon"
    assert detected.decimal == "decimal comma, thousands grouped by points"
    assert detected.dates == "day, month, year"
    assert detected.header_line == 1
    assert detected.columns == {
        "booked_on": "Date",
        "payer_name": "Payer",
        "reference": "Reference",
        "amount": "Amount",
        "currency": "Currency",
    }


cents = st.integers(min_value=-(10**12), max_value=10**12)


@settings(max_examples=40)
@given(
    values=st.lists(cents, min_size=1, max_size=6),
    decimal=st.sampled_from(",."),
    group=st.sampled_from(["", ".", ",", " ", "'", "\u00a0"]),
    is_behind=st.booleans(),
)
def test_whatever_is_written_in_a_style_is_read_back(
    values: list[int], decimal: str, group: str, is_behind: bool
) -> None:
    if group == decimal:
        group = ""
    written = []
    for value in values:
        whole, fraction = divmod(abs(value), 100)
        digits = f"{whole:,}".replace(",", group) + f"{decimal}{fraction:02}"
        sign = "-" if value < 0 else ""
        written.append(f"{digits}{sign}" if is_behind else f"{sign}{digits}")

    assert amounts(*written) == [str(Decimal(value).scaleb(-2)) for value in values]
