"""Rows and columns: nothing is dropped, nothing is passed over, every fault is named."""

import pytest

from billing.statements import Style, read
from tenancy.errors import InvalidValue
from tests.billing.statements.reading import faults, read_table, refusal, table

LINE = "2025-03-31;Home G8;IG-7K3F-QX9M-46;5,00;EUR"
BALANCED = "Date;Description;Amount;Balance;Currency"


def places(data: bytes, **options: object) -> list[tuple[int, str, str]]:
    return [(fault.line, fault.column, fault.value) for fault in faults(data, **options)]


def test_all_faults_of_a_file_are_listed_and_the_first_is_in_the_message() -> None:
    refused = refusal(
        table("31.02.2025;P;R;x;EUR", LINE, "2025-03-31;P;R;;EUR", "2025-03-31;P;R;1,00", LINE)
    )

    assert [(fault.line, fault.column) for fault in refused.facts["faults"]] == [
        (2, "Date"), (2, "Amount"), (4, "Amount"), (5, ""),
    ]  # fmt: skip
    assert "4 places in march.csv cannot be read, nothing was imported" in refused.message
    assert "line 2, “Date”: “31.02.2025” is no date" in refused.message


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2025-03-31;P;R;5,00", "has 4 cells, the headings are 5"),
        (f"{LINE};", "has 6 cells"),
        ("2025-03-31;P;;R;5,00;EUR", "has 6 cells"),
        ('2025-03-31;"P;R;5,00;EUR', "quotation mark"),
        ('2025-03-31;"P"x;R;5,00;EUR', "quotation mark"),
        ('2025-03-31;"P";R"x";5,00;EUR', "quotation mark"),
        ("see page 2", "has 1 cells"),
        ("Total Energies;P;R;5,00;EUR", "is no date"),
        ("Total;;;5,00;EUR;x", "is a total of which nothing says"),
        ("Summe der Seite;;;5,00;EUR", "is no date"),
        ("Balance;;;;", "is no date"),
    ],
)
def test_a_row_that_is_no_line_is_refused_not_dropped(row: str, reason: str) -> None:
    found = faults(table(LINE, row, LINE))

    assert any(fault.line == 3 and reason in fault.reason for fault in found), found


def test_a_lost_quotation_mark_does_not_swallow_lines() -> None:
    # Without quotation marks around cells they are letters; one that opens a cell eats a line.
    letters = table('2025-03-31;5" pipe;R;5,00;EUR', LINE)
    assert [line.payer_name for line in read_table(letters).lines] == ['5" pipe', "Home G8"]

    swallowing = table('2025-03-31;"Home;R;5,00;EUR', '2025-03-31;5";R;5,00;EUR')
    (fault,) = faults(swallowing)
    assert (fault.line, "swallows the line below" in fault.reason) == (2, True)


@pytest.mark.parametrize("name", ["Total", "Konto", "IBAN", "Endsaldo", "Anzahl", "Currency"])
def test_a_payer_called_like_a_label_is_a_payer(name: str) -> None:
    head = "Payer;Date;Amount;Currency"
    lines = [f"{name};2025-03-31;5,00;EUR", "P;2025-03-31;6,00;EUR"]

    assert [line.payer_name for line in read_table(table(*lines, head=head)).lines] == [name, "P"]
    # Nor is it dropped when its date or amount cannot be read.
    for readable, not_readable in (("5,00", "x"), ("2025-03-31;5", "2025-03-32;5")):
        broken = lines[0].replace(readable, not_readable)
        assert 3 in {line for line, _, _ in places(table(lines[1], broken, head=head))}


def test_blank_lines_and_rows_of_nothing_are_no_lines() -> None:
    statement = read_table(table("", LINE, ";;;;", " ; ;;; ", "", LINE.replace("5,00", "6,00")))

    assert [line.line_number for line in statement.lines] == [3, 7]
    assert statement.lines[0].raw == LINE


@pytest.mark.parametrize(
    ("head", "asks"),
    [
        ("Date;Payer;Reference;Amount;amount", ()),
        ("Date;Payer;Payer;Amount;Currency", ()),
        ("Date;Betrag;Reference;Amount;Currency", ("columns",)),
        ("Date;Debit;Reference;Amount;Currency", ("columns",)),
        ("Date;Payer;Reference;Credit;Currency", ("columns",)),
        ("Date;Payer;Reference;What;Currency", ("columns",)),
        ("When;Payer;Reference;Amount;Currency", ("columns",)),
        ("When;Who;Why;What;Which", ("columns",)),
    ],
)
def test_headings_that_do_not_say_enough_are_refused(head: str, asks: tuple[str, ...]) -> None:
    refused = refusal(table(LINE, head=head))

    assert refused.facts["asks"] == asks
    assert refused.facts["headings"] == tuple(head.split(";"))
    assert {fault.line for fault in refused.facts["faults"]} == {1}


def test_chosen_columns_are_used_and_remembered_names_must_be_there() -> None:
    data = table(LINE, head="When;Who;Why;What;Which")
    columns = {
        "booked_on": "When", "payer_name": "who", "reference": "Why", "amount": "What",
        "currency": "Which",
    }  # fmt: skip

    statement = read_table(data, columns=columns)
    assert str(statement.lines[0].amount) == "5.00"
    assert statement.detected.columns["payer_name"] == "Who"

    missing = refusal(data, columns={**columns, "amount": "Betrag"})
    assert missing.facts["asks"] == ("columns",)
    assert "“Betrag”" in missing.message

    gone = refusal(data, columns={**columns, "value_date": "Valuta"})
    assert "Valuta" in gone.message

    with pytest.raises(InvalidValue, match="total"):
        read_table(data, columns={"total": "What"})


def test_a_choice_settles_which_of_two_columns_it_is() -> None:
    data = table("2025-03-31;5,00;R;7,00;EUR", head="Date;Betrag;Reference;Amount;Currency")

    for heading, amount in (("Betrag", "5.00"), ("Amount", "7.00")):
        statement = read_table(data, columns={"amount": heading})
        assert [str(line.amount) for line in statement.lines] == [amount]
    assert read_table(table(LINE), columns={"payer_name": ""}).lines[0].payer_name == ""


def test_in_and_out_that_nobody_reads_is_not_passed_over() -> None:
    out = table("2025-03-31;5,00;EUR;D", "2025-03-31;6,00;EUR;C", head="Date;Amount;Currency;Kind")

    refused = refusal(out)
    assert refused.facts["asks"] == ("columns",)
    assert [(fault.line, fault.column, fault.value) for fault in refused.facts["faults"]] == [
        (2, "Kind", "D")
    ]
    chosen = read_table(out, columns={"indicator": "Kind"})
    assert [str(line.amount) for line in chosen.lines] == ["-5.00", "6.00"]
    assert len(read_table(out, columns={"indicator": ""}).lines) == 2


def test_pending_lines_are_reported_and_not_imported() -> None:
    head = "Date;Amount;Currency;Status"
    data = table("2025-03-31;5,00;EUR;Booked", "2025-04-01;6,00;EUR;PENDING", head=head)

    statement = read_table(data)
    assert [str(line.amount) for line in statement.lines] == ["5.00"]
    assert [str(line.amount) for line in statement.not_booked] == ["6.00"]
    nothing = refusal(data.replace(b"Booked", b"Pending"))
    assert "no booked line" in nothing.message
    assert places(data.replace(b"Booked", b"Bookd")) == [(2, "Status", "Bookd")]
    # Under a heading nobody knows, the words are seen all the same.
    unread = refusal(data.replace(b"Status", b"Remark"))
    assert unread.facts["asks"] == ("columns",)


@pytest.mark.parametrize(
    ("cells", "place"),
    [
        ("5,00;6,00", (3, "In", "6,00")),
        (";", (3, "In", "")),
        (";-6,00", (3, "In", "-6,00")),
        ("-5,00;", (3, "Out", "-5,00")),
        ("x;", (3, "Out", "x")),
    ],
)
def test_two_columns_for_in_and_out_hold_one_amount(
    cells: str, place: tuple[int, str, str]
) -> None:
    head = "Date;Debit;Credit;Currency"
    data = table("2025-03-31;4,00;;EUR", f"2025-03-31;{cells};EUR", head=head)
    columns = {"debit": "Out", "credit": "In"}

    named = data.replace(b"Debit", b"Out").replace(b"Credit", b"In")
    assert place in places(named, columns=columns)


def test_zero_that_the_file_says_is_kept() -> None:
    head = "Date;Debit;Credit;Currency"
    statement = read_table(table("2025-03-31;0,00;;EUR", "2025-03-31;0,00;0,00;EUR", head=head))

    assert [str(line.amount) for line in statement.lines] == ["0.00", "0.00"]


def test_signs_beside_an_indicator_agree_with_it() -> None:
    head = "Date;Amount;Currency;D/C"
    minus = table("2025-03-31;-5,00;EUR;D", "2025-03-31;6,00;EUR;CR", head=head)
    assert [str(line.amount) for line in read_table(minus).lines] == ["-5.00", "6.00"]

    assert places(minus.replace(b";6,00", b";-6,00")) == [(3, "Amount", "-6,00")]
    assert places(minus.replace(b"CR", b"X")) == [(3, "D/C", "X")]
    mixed = table("2025-03-31;-5,00;EUR;D", "2025-03-31;6,00;EUR;D", head=head)
    assert places(mixed) == [(2, "Amount", "-5,00")]


@pytest.mark.parametrize("digit", range(5))
def test_a_wrong_balance_is_found_where_it_breaks(digit: int) -> None:
    rows = ["100,00;1.100,00", "-50,50;1.049,50", "7,25;1.056,75", "1,00;1.057,75"]
    whole = [f"2025-03-{day};t;{row};EUR" for day, row in enumerate(rows, start=11)]
    assert str(read_table(table(*whole, head=BALANCED)).opening_balance) == "1000.00"

    balance = "1.056,75"
    place = [at for at, letter in enumerate(balance) if letter.isdigit()][digit]
    wrong = f"{balance[:place]}{(int(balance[place]) + 1) % 10}{balance[place + 1 :]}"
    broken = [line.replace(balance, wrong) for line in whole]

    assert places(table(*broken, head=BALANCED)) == [
        (4, "Balance", wrong), (5, "Balance", "1.057,75"),
    ]  # fmt: skip
    # A line lost or put in twice breaks it as well.
    assert faults(table(*whole[:1], *whole[2:], head=BALANCED))
    assert faults(table(*whole[:2], *whole[1:], head=BALANCED))


def test_a_balance_that_runs_against_the_days_is_refused() -> None:
    # By themselves, 100 in and 100 out agree in both directions.
    rising = table("2025-03-01;t;100,00;1.100,00;EUR", "2025-03-02;t;-100,00;1.000,00;EUR",
                   head=BALANCED)  # fmt: skip

    statement = read_table(rising)
    assert (str(statement.opening_balance), str(statement.closing_balance)) == (
        "1000.00", "1000.00",
    )  # fmt: skip
    assert places(rising.replace(b"-100,00", b"-900,00")) == [(3, "Balance", "1.000,00")]
    same_day = read_table(rising.replace(b"03-02", b"03-01"))
    assert (same_day.opening_balance, same_day.closing_balance) == (None, None)


def test_balances_and_sums_around_the_lines_are_compared() -> None:
    def around(*, opening: str = "10,00", closing: str = "12,00", total: str = "2,00") -> bytes:
        return (
            f"Opening balance: {opening} EUR\n;;;;\nDate;Payer;Reference;Amount;Currency\n"
            "2025-03-31;P;R;5,00;EUR\n2025-03-31;P;R;-3,00;EUR\n"
            f"Total;;;{total};EUR\nClosing balance as of 31.03.2025;{closing} EUR\n"
        ).encode()

    statement = read(around(), file_name="march.csv")
    assert (str(statement.opening_balance), str(statement.closing_balance)) == ("10.00", "12.00")
    assert statement.detected.checks == ("opening balance + lines = closing balance", "the sums")
    assert [line for line, _, _ in places(around(opening="11,00"))] == [7]
    assert [line for line, _, _ in places(around(closing="12,10"))] == [7]
    assert [line for line, _, _ in places(around(total="2,01"))] == [6]
    assert [line for line, _, _ in places(around(opening="1x"))] == [1]
    assert [line for line, _, _ in places(around(closing="USD 12,00"))] == [7]


def test_rows_after_the_end_and_lines_before_the_headings_are_refused() -> None:
    head = "Date;Payer;Reference;Amount;Currency"

    assert [line for line, _, _ in places(table(LINE, "Total;;;5,00;EUR", LINE))] == [4]
    assert [line for line, _, _ in places(f"{LINE}\n{head}\n{LINE}\n".encode())] == [1]
    assert [line for line, _, _ in places(table(LINE, head, LINE))] == [3, 3, 3]


def test_own_account_and_bank_ids_are_what_they_should_be() -> None:
    head = "Date;Amount;Currency;Account;Transaction ID;Payer IBAN"
    good = "2025-03-31;5,00;EUR;DE89 3704 0044 0532 0130 00;A1;GB29NWBK60161331926819"

    statement = read_table(table(good, head=head))
    assert statement.account == "DE89370400440532013000"
    assert statement.lines[0].bank_transaction_id == "A1"
    assert statement.lines[0].payer_iban == "GB29NWBK60161331926819"
    other = good.replace("DE89 3704 0044 0532 0130 00", "DE02120300000000202051")
    assert places(table(good, other.replace("A1", "A2"), head=head)) == [
        (3, "Account", "DE02120300000000202051")
    ]
    repeated = refusal(table(good, good, head=head))
    assert repeated.facts["asks"] == ("columns",)
    without_ids = read_table(table(good, good, head=head), columns={"bank_transaction_id": ""})
    assert [line.bank_transaction_id for line in without_ids.lines] == [None, None]
    (wrong,) = faults(table(good.replace("GB29", "GB28"), head=head))
    assert (wrong.column, wrong.value) == ("Payer IBAN", "GB28NWBK60161331926819")
    nothing = read_table(table(good.replace("A1", "NONREF"), head=head))
    assert nothing.lines[0].bank_transaction_id is None


def test_texts_too_long_for_a_bank_are_refused() -> None:
    head = "Date;Amount;Currency;Transaction ID;Payer IBAN;Payer;Reference"
    long = f"2025-03-31;5,00;EUR;{'i' * 101};{'9' * 35};{'p' * 256};{'r' * 2001}"

    assert {column for _, column, _ in places(table(long, head=head))} == {
        "Transaction ID", "Payer IBAN", "Payer", "Reference",
    }  # fmt: skip


def test_reference_and_further_text_stand_together_without_saying_things_twice() -> None:
    head = "Date;Amount;Currency;Reference;Description"

    def reference(*cells: str) -> str:
        data = table(f"2025-03-31;5,00;EUR;{';'.join(cells)}", head=head)
        return read_table(data).lines[0].reference

    assert reference("IG-7K3F-QX9M-46", "Transfer") == "IG-7K3F-QX9M-46 | Transfer"
    assert reference("IG-7K3F-QX9M-46", "NOTPROVIDED") == "IG-7K3F-QX9M-46"
    assert reference("", "Transfer") == "Transfer"
    assert reference("Rent", "Rent") == "Rent"


def test_a_choice_of_style_is_no_cure_for_faults() -> None:
    style = Style(decimal=",", dates="YMD", currency="EUR")

    assert places(table("2025-03-31;P;R;5.00;EUR"), style=style) == [(2, "Amount", "5.00")]
    assert read_table(table(LINE), style=style).lines == read_table(table(LINE)).lines
