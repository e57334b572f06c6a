from decimal import Decimal

import pytest

from console.imports import files
from console.imports.outcome import Cell, Change
from tenancy.models import Plan
from tests.console.imports.builders import (
    PLAN_HEADINGS,
    PLAN_ROW,
    only,
    plan_row,
    plans_csv,
    previewed,
    problems,
    staged,
)
from tests.digest import changed_since, digest
from tests.factories import NOW, make_account, make_plan, make_staff

pytestmark = pytest.mark.django_db


def test_a_preview_shows_new_changed_and_unchanged_and_changes_nothing():
    make_plan(slug="starter", name="Starter")
    make_plan(slug="growth", name="Growth", price=Decimal("139.00"))
    content = plans_csv(
        plan_row(),
        "starter,Starter,95.00,1000,1,2,,0,yes,0",
        "growth,Growth,139.00,1000,1,2,,0,yes,0",
    )
    fiona = make_staff("Finance")
    before = digest()

    _, outcome = previewed(content, by=fiona)

    assert changed_since(before) == ["igny8_import_files", "igny8_import_rows"]
    assert [row.change for row in outcome.rows] == [Change.NEW, Change.CHANGED]
    assert outcome.rows[1].cells == (Cell("price", "89.00", "95.00"),)
    assert outcome.summary.totals() == {
        "new": 1,
        "changed": 1,
        "unchanged": 1,
        "opening_credits": 0,
    }


def test_a_new_row_shows_every_value():
    _, outcome = previewed(plans_csv(plan_row(features="image_gen|ai_writer")))

    shown = {cell.column: cell.after for cell in outcome.rows[0].cells}
    assert shown["price"] == "19.00"
    assert shown["features"] == "ai_writer|image_gen"
    assert shown["is_public"] == "yes"


def test_slugs_are_known_whatever_their_case():
    make_plan(slug="solo", name="Old")

    _, outcome = previewed(plans_csv(plan_row(slug="SOLO")))

    assert outcome.rows[0].change == Change.CHANGED


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("slug", "", "no slug"),
        ("slug", "../../x y", "no slug"),
        ("slug", "a" * 61, "60"),
        ("slug", "ſolo", "no slug"),
        ("name", "", "needs a name"),
        ("name", "x" * 101, "100 characters"),
        ("price", "89;00", "no price"),
        ("price", "-1.00", "between 0.00"),
        ("price", "19.999", "could mean"),
        ("price", "1.2345", "two decimals"),
        ("price", "999999.00", "between 0.00"),
        ("included_credits", "", "0 for none"),
        ("included_credits", "-5", "from 0 to"),
        ("included_credits", "1.9", "no whole number"),
        ("included_credits", "1e3", "no whole number"),
        ("included_credits", "٣", "digits 0 to 9"),
        ("included_credits", "99999999999", "from 0 to"),
        ("max_sites", "0", "from 1 to"),
        ("max_users", "1.000", "could mean 1 or 1000"),
        ("features", "ai_writer|magic", "no known feature"),
        ("trial_days", "400", "from 0 to 365"),
        ("is_public", "maybe", "yes or no"),
        ("is_public", "", "yes or no"),
        ("position", "x", "no whole number"),
    ],
)
def test_a_bad_cell_is_named_by_line_column_value_and_way_out(column, cell, says):
    problem = only(problems(plans_csv(PLAN_ROW, plan_row(**{"slug": "other"} | {column: cell}))))

    assert problem.line == 3
    assert problem.column == column
    assert problem.value == cell
    assert says in problem.message


def test_all_bad_cells_of_all_rows_are_shown_at_once():
    content = plans_csv(
        plan_row(slug="a b", price="x", max_sites="0"), PLAN_ROW, plan_row(slug="z", position="?")
    )

    found = [(problem.line, problem.column) for problem in problems(content)]

    assert sorted(found) == [(2, "max_sites"), (2, "price"), (2, "slug"), (4, "position")]


def test_a_slug_twice_names_both_lines_whatever_the_case():
    first, second = problems(plans_csv(PLAN_ROW, plan_row(slug="v"), plan_row(slug="V")))

    assert (first.line, second.line) == (3, 4)
    assert "line 4" in first.message
    assert "line 3" in second.message


@pytest.mark.parametrize(("row", "cells"), [("solo,Solo", 2), (f"{PLAN_ROW},more", 11)])
def test_a_short_and_a_long_row(row, cells):
    problem = only(problems(plans_csv(PLAN_ROW.replace("solo", "first"), row)))

    assert problem.line == 3
    assert f"has {cells} cells, the headings are 10" in problem.message


def test_a_nul_and_a_very_long_cell():
    nul, long = problems(plans_csv(plan_row(name="a\x00b"), plan_row(slug="l", name="x" * 90_000)))

    assert "invisible" in nul.message
    assert nul.value == "a␀b"
    assert "90,000 characters" in long.message
    assert len(long.value) == 200


def test_a_formula_is_text():
    _, outcome = previewed(plans_csv(plan_row(name="=1+1")))

    assert outcome.problems == []
    assert outcome.rows[0].name == "=1+1"


def test_what_an_edit_refuses_is_named_by_line_and_column():
    make_plan(slug="solo", archived_at=NOW, is_public=False)

    problem = only(problems(plans_csv(PLAN_ROW)))

    assert (problem.line, problem.column, problem.value) == (2, "is_public", "yes")
    assert "archived" in problem.message


def test_without_its_column_nothing_is_switched_off():
    plan = make_plan(slug="solo", is_active=False)

    previewed(plans_csv(PLAN_ROW))

    plan.refresh_from_db()
    assert plan.is_active is False


def test_switching_a_plan_off_warns_with_the_number_of_its_accounts():
    plan = make_plan(slug="solo")
    make_account(plan=plan)
    make_account(plan=plan)
    content = plans_csv(f"{PLAN_ROW},no", headings=f"{PLAN_HEADINGS},is_active")

    _, outcome = previewed(content)

    assert "its accounts (2) are refused" in outcome.rows[0].warning


def test_a_preview_costs_as_many_queries_for_many_rows_as_for_few(django_assert_max_num_queries):
    file = staged(plans_csv(*(plan_row(slug=f"plan-{number}") for number in range(400))))

    with django_assert_max_num_queries(20):
        files.preview(import_file=file, by=file.uploaded_by, now=NOW)

    assert not Plan.objects.filter(slug__startswith="plan-").exists()
