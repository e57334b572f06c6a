from decimal import Decimal

import pytest

from console.imports.outcome import Cell, Change
from console.models import ImportKind
from tenancy.models import Account
from tests.console.imports import builders
from tests.console.imports.builders import accounts_csv, only
from tests.factories import NOW, make_account, make_plan, make_staff, make_user, put

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plans() -> None:
    make_plan(slug="starter", name="Starter")
    make_plan(slug="free-trial", price=Decimal("0.00"), included_credits=2000, trial_days=14)
    make_plan(slug="old", archived_at=NOW, is_public=False)
    make_plan(slug="off", is_active=False)


def previewed(*rows: str, headings: str = builders.ACCOUNT_HEADINGS, by=None):
    content = accounts_csv(*rows, headings=headings)
    return builders.previewed(content, kind=ImportKind.ACCOUNTS, by=by)


def problems(*rows: str, **more):
    return previewed(*rows, **more)[1].problems


def test_a_new_account_with_owner_and_opening_credits():
    _, outcome = previewed("shop,Shop,starter,Ann@Shop.example,pay@shop.example,Bank transfer,8000")

    (row,) = outcome.rows
    assert {cell.column: cell.after for cell in row.cells} == {
        "name": "Shop",
        "plan": "starter",
        "owner_email": "ann@shop.example",
        "billing_email": "pay@shop.example",
        "payment_method": "bank_transfer",
        "credits": "8000 (opening)",
        "trial": "without an end",
    }
    assert outcome.summary.opening_credits == 8000
    assert not Account.objects.filter(slug="shop").exists()


@pytest.mark.parametrize(
    ("opening", "credits"), [("", "2000 (plan)"), ("0", "0 (opening)"), ("5", "5 (opening)")]
)
def test_first_credits_are_the_plans_or_those_of_the_file(opening, credits):
    _, outcome = previewed(f"shop,Shop,free-trial,,,,{opening}")

    shown = {cell.column: cell.after for cell in outcome.rows[0].cells}
    assert shown["credits"] == credits
    assert shown["trial"] == "14 days"


def test_of_a_known_account_only_contact_data_changes():
    account = make_account(slug="home-g8", name="Home", billing_email="old@homeg8.example")
    owner = make_user(account, email="alice@homeg8.example")
    put(account, owner=owner)

    _, outcome = previewed(
        f"Home-G8,Home G8,{account.plan.slug},Alice@homeg8.example,new@homeg8.example,,"
    )

    assert outcome.rows[0].change == Change.CHANGED
    assert outcome.rows[0].cells == (
        Cell("name", "Home", "Home G8"),
        Cell("billing_email", "old@homeg8.example", "new@homeg8.example"),
    )


def test_a_known_account_as_it_is():
    make_account(slug="home-g8", name="Home")

    _, outcome = previewed("home-g8,Home,", headings="slug,name,plan")

    assert outcome.rows == []
    assert outcome.summary.unchanged == 1


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("shop,Shop,starter,,,,-5", "opening_credits", "between 0 and"),
        ("shop,Shop,starter,,,,99999999999", "opening_credits", "between 0 and"),
        ("shop,Shop,starter,,,,1.000", "opening_credits", "could mean"),
        ("shop,Shop,,,,,", "plan", "starter"),
        ("shop,Shop,strater,,,,", "plan", "Did you mean starter?"),
        ("shop,Shop,old,,,,", "plan", "not sold any more"),
        ("shop,Shop,off,,,,", "plan", "not sold any more"),
        ("shop,Shop,starter,ann@,,,", "owner_email", "no e-mail"),
        ('shop,Shop,starter,"""ann""@gmail.com",,,', "owner_email", "quotes before the @"),
        ("shop,Shop,starter,ann@gma\u200bil.com,,,", "owner_email", "invisible character"),
        ("shop,Shop,starter,,pay@,,", "billing_email", "no e-mail"),
        ("shop,Shop,starter,,,cash,", "payment_method", "one of stripe"),
        ("shop,,starter,,,,", "name", "needs a name"),
        (",Shop,starter,,,,", "slug", "no slug"),
        ("default,Shop,starter,,,,", "slug", "reserved"),
        ("Default,Shop,starter,,,,", "slug", "reserved"),
    ],
)
def test_a_bad_new_row_is_named_by_line_and_column(row, column, says):
    problem = only(problems(row))

    assert (problem.line, problem.column) == (2, column)
    assert says in problem.message


def test_an_owner_who_signs_in_already():
    make_user(make_account(), email="ann@shop.example")

    problem = only(problems("shop,Shop,starter,ANN@shop.example,,,"))

    assert problem.column == "owner_email"
    assert "already" in problem.message


@pytest.mark.parametrize("written", ["ann@bücher.de", "Ann@XN--BCHER-KVA.de"])
def test_an_owner_is_one_in_either_form_of_the_domain(written):
    _, outcome = previewed(f"shop,Shop,starter,{written},,,")
    (row,) = outcome.rows
    assert "ann@xn--bcher-kva.de" in [cell.after for cell in row.cells]

    make_user(make_account(), email="ann@xn--bcher-kva.de")

    assert only(problems(f"shop,Shop,starter,{written},,,")).column == "owner_email"


def test_an_owner_twice_in_two_forms_names_both_lines():
    first, second = problems(
        "one,One,starter,ann@bücher.de,,,", "two,Two,starter,ann@ｂücher.de,,,"
    )

    assert "line 3" in first.message
    assert "line 2" in second.message


def test_an_owner_twice_in_the_file_names_both_lines():
    first, second = problems(
        "one,One,starter,ann@shop.example,,,", "two,Two,starter,Ann@Shop.example,,,"
    )

    assert (first.line, first.column) == (2, "owner_email")
    assert "line 3" in first.message
    assert "line 2" in second.message


def test_one_billing_address_for_two_accounts_is_an_agency():
    assert not problems("one,One,starter,,a@x.example,,", "two,Two,starter,,a@x.example,,")


def test_every_problem_of_a_row_is_shown_also_those_that_need_a_query():
    make_user(make_account(), email="ann@shop.example")

    found = problems("default,,nope,ann@shop.example,x,cash,-1")

    assert sorted(problem.column for problem in found) == [
        "billing_email",
        "name",
        "opening_credits",
        "owner_email",
        "payment_method",
        "plan",
        "slug",
    ]


@pytest.mark.parametrize(
    ("cells", "column", "says"),
    [
        ("starter,,,,", "plan", "changes no plans"),
        (",new@owner.example,,,", "owner_email", "changes no owners"),
        (",,,,5", "opening_credits", "for new accounts"),
        (",,,,0", "opening_credits", "for new accounts"),
    ],
)
def test_what_an_import_never_changes_of_a_known_account(cells, column, says):
    make_account(slug="home-g8", name="Home")

    problem = only(problems(f"home-g8,Home,{cells}"))

    assert problem.column == column
    assert says in problem.message


def test_a_system_account_is_refused():
    make_account(slug="aws-admin", name="AWS Admin", is_system=True)

    problem = only(problems("AWS-admin,Other name,,,,,"))

    assert problem.column == "slug"
    assert "system account" in problem.message


def test_a_deleted_account_is_refused():
    make_account(slug="gone", deleted=True)

    problem = only(problems("gone,Other name,,,,,"))

    assert "Restore it first" in problem.message


def test_nobody_imports_changes_of_their_own_account():
    account = make_account(slug="home-g8")
    fiona = make_staff("Finance", account=account, role="viewer")

    problem = only(problems("home-g8,Other name,,,,,", by=fiona))

    assert (problem.line, problem.column) == (2, "slug")
    assert "You belong to" in problem.message


def test_a_trial_is_as_long_as_the_plans():
    _, outcome = previewed("shop,Shop,free-trial,,,,")

    assert ("trial", "14 days") in [(c.column, c.after) for c in outcome.rows[0].cells]
