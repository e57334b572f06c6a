"""The corpus: each file is read as a person reads it."""

from decimal import Decimal

import pytest

from billing.statements import Statement, read
from tests.billing.statements.dialects import DIALECTS, Dialect, Facts


def facts_of(statement: Statement) -> tuple[Facts, ...]:
    return tuple(
        Facts(
            line.line_number,
            line.booked_on,
            line.value_date,
            line.amount,
            line.payer_name,
            line.payer_iban,
            line.reference,
            line.bank_transaction_id,
        )
        for line in statement.lines
    )


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_each_dialect_is_read_as_a_person_reads_it(dialect: Dialect) -> None:
    statement = read(dialect.data, file_name="statement.csv", style=dialect.style)

    assert facts_of(statement) == dialect.lines
    assert [line.number for line in statement.lines] == [*range(1, len(dialect.lines) + 1)]
    assert len(statement.not_booked) == dialect.not_booked
    assert statement.currency == dialect.currency
    assert {line.currency for line in statement.lines} == {dialect.currency}
    assert statement.account == dialect.account
    assert statement.opening_balance == (dialect.opening and Decimal(dialect.opening))
    assert statement.closing_balance == (dialect.closing and Decimal(dialect.closing))
    assert statement.sum_in - statement.sum_out == sum(line.amount for line in dialect.lines)
    assert statement.sum_in >= 0 <= statement.sum_out
    assert all(line.amount.as_tuple().exponent == -2 for line in statement.lines)
    assert statement.detected.header_line == dialect.header_line
