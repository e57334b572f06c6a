import pytest

from console.models import ImportKind
from tests.console.imports.builders import (
    ACCOUNT_HEADINGS,
    PLAN_HEADINGS,
    PLAN_ROW,
    accounts_csv,
    only,
    plans_csv,
    previewed,
    problems,
)

pytestmark = pytest.mark.django_db


def test_an_unknown_column_says_which_one_may_be_meant():
    content = plans_csv(PLAN_ROW, headings=PLAN_HEADINGS.replace("price", "prise"))

    unknown, missing = problems(content)

    assert unknown.line == 1
    assert unknown.value == "prise"
    assert "Did you mean price?" in unknown.message
    assert missing.column == "price"
    assert "missing" in missing.message


def test_an_unknown_column_like_no_other_names_all():
    problem = only(problems(plans_csv(f"{PLAN_ROW},x", headings=f"{PLAN_HEADINGS},zzz")))

    assert "Known are slug, name, price" in problem.message


def test_a_column_twice():
    problem = only(problems(plans_csv(f"{PLAN_ROW},5.00", headings=f"{PLAN_HEADINGS},Price")))

    assert "price heads columns 3 and 11" in problem.message


def test_a_column_without_a_heading():
    headings = PLAN_HEADINGS.replace("position", ",position")
    problem = only(problems(plans_csv(PLAN_ROW + ",1", headings=headings)))

    assert "Column 10 has no heading" in problem.message


@pytest.mark.parametrize("heading", ["credits", "Credits", "status", "balance", "is_system"])
def test_columns_that_are_never_imported_say_the_way(heading):
    content = accounts_csv("x,X,starter,,,,,5", headings=f"{ACCOUNT_HEADINGS},{heading}")

    problem = only(problems(content, ImportKind.ACCOUNTS))

    assert problem.value == heading
    assert "column" in problem.message or "ledger" in problem.message


def test_empty_cells_at_the_end_of_every_line_are_a_spreadsheets_habit():
    _, outcome = previewed(plans_csv(f"{PLAN_ROW},,", headings=f"{PLAN_HEADINGS},,"))

    assert outcome.problems == []


def test_any_order_and_capitals():
    headings = PLAN_HEADINGS.replace("_", " ").title().split(",")
    cells = PLAN_ROW.split(",")
    content = plans_csv(",".join(reversed(cells)), headings=",".join(reversed(headings)))

    assert problems(content) == []
