from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError

from billing.models import CreditTransaction, TransactionType
from billing.services import onboarding
from console.imports import files, forgetting
from console.imports.carry_out import AlreadyImported, PreviewOutdated
from console.imports.files import NotImportable
from console.models import ImportFile, ImportKind
from console.models.import_file import MAX_BYTES
from tenancy.errors import InvalidValue
from tenancy.models import Account, AuditEvent, Plan
from tenancy.records import ReasonRequired
from tenancy.services import plans
from tests.console.imports.builders import (
    PLAN_ROW,
    accounts_csv,
    plan_row,
    plans_csv,
    previewed,
    staged,
)
from tests.digest import nothing_changes, refused
from tests.factories import NOW, REASON, TICKET, make_plan, make_staff

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


def confirm(file: ImportFile, **overrides: object):
    facts = {
        "import_file": file,
        "fingerprint": file.fingerprint,
        "by": file.uploaded_by,
        "reason": REASON,
        "ticket_url": TICKET,
        "now": LATER,
    }
    return files.confirm(**facts | overrides)


def test_it_imports_what_the_preview_showed():
    starter = make_plan(slug="starter", name="Starter")
    file, shown = previewed(plans_csv(PLAN_ROW, "starter,Starter,95.00,1000,1,2,,0,yes,0"))

    done = confirm(file)

    assert done.summary == shown.summary
    assert done.run is None
    assert Plan.objects.get(slug="solo").price == Decimal("19.00")
    starter.refresh_from_db()
    assert starter.price == Decimal("95.00")
    file.refresh_from_db()
    assert (file.imported_by, file.imported_at, file.reason) == (file.uploaded_by, LATER, REASON)


def test_each_row_and_the_import_itself_are_audited_through_the_import_door():
    make_plan(slug="starter", name="Starter")
    file, _ = previewed(plans_csv(PLAN_ROW, "starter,Starter,95.00,1000,1,2,,0,yes,0"))

    confirm(file)

    events = AuditEvent.objects.order_by("id")
    assert [event.verb for event in events] == ["plan_created", "plan_edited", "plans_imported"]
    assert {event.door for event in events} == {"import"}
    assert {event.actor for event in events} == {file.uploaded_by}
    assert {(event.reason, event.ticket_url) for event in events} == {(REASON, TICKET)}
    assert events[2].target_label == "new.csv"
    assert events[2].after == {
        "file": "new.csv",
        "sha256": file.sha256,
        "uploaded_by": file.uploaded_by.email,
        "new": 1,
        "changed": 1,
        "unchanged": 0,
        "opening_credits": 0,
    }


def test_opening_credits_become_opening_rows_of_the_ledger():
    make_plan(slug="starter")
    content = accounts_csv("shop,Shop,starter,ann@shop.example,,,8000", "two,Two,starter,,,,0")
    file, _ = previewed(content, kind=ImportKind.ACCOUNTS)

    confirm(file)

    shop = Account.objects.get(slug="shop")
    (row,) = CreditTransaction.objects.all()
    assert (row.account, row.type, row.amount) == (shop, TransactionType.OPENING, 8000)
    assert (row.created_by, row.reason) == (file.uploaded_by, REASON)
    assert shop.credits == 8000
    assert shop.owner.email == "ann@shop.example"
    assert not shop.owner.has_usable_password()


def test_a_colleague_may_confirm_and_both_are_kept():
    file, _ = previewed(plans_csv(PLAN_ROW))
    colleague = make_staff("Finance")

    confirm(file, by=colleague)

    event = AuditEvent.objects.get(verb="plans_imported")
    assert event.actor == colleague
    assert event.after["uploaded_by"] == file.uploaded_by.email


def test_without_a_reason():
    file, _ = previewed(plans_csv(PLAN_ROW))

    with refused(ReasonRequired):
        confirm(file, reason=" ")


def test_a_second_time_says_who_and_when():
    file, _ = previewed(plans_csv(PLAN_ROW))
    confirm(file)

    with refused(AlreadyImported, says="2025-11-12 09:35 UTC; nothing was changed") as caught:
        confirm(file)
    assert file.uploaded_by.email in caught.value.message


def test_an_imported_file_is_not_previewed_again():
    file, _ = previewed(plans_csv(PLAN_ROW))
    confirm(file)

    with refused(AlreadyImported):
        files.preview(import_file=file, by=file.uploaded_by, now=LATER)


def test_with_any_error_nothing_is_imported():
    file, _ = previewed(plans_csv(PLAN_ROW, plan_row(slug="other", price="x")))

    with refused(NotImportable, says="found errors (1)"):
        confirm(file)


def test_without_any_change():
    make_plan(slug="starter", name="Starter")
    file, _ = previewed(plans_csv("starter,Starter,89.00,1000,1,2,,0,yes,0"))

    with refused(NotImportable, says="nothing to import"):
        confirm(file)


def test_without_a_preview():
    file = staged(plans_csv(PLAN_ROW))

    with refused(NotImportable, says="no preview"):
        confirm(file)


def test_a_plan_edited_since_the_preview_is_named_and_nothing_is_imported():
    starter = make_plan(slug="starter", name="Starter")
    file, _ = previewed(plans_csv(PLAN_ROW, "starter,Starter,95.00,1000,1,2,,0,yes,0"))
    plans.edit(plan=starter, changes={"price": Decimal("91.00")}, by=None, reason=REASON)

    with refused(PreviewOutdated, says="Line 3 (starter): price was “89.00” in the preview and is"):
        confirm(file)


def test_a_plan_created_since_the_preview():
    file, _ = previewed(plans_csv(PLAN_ROW))
    make_plan(slug="solo", name="Somebody else’s")

    with refused(PreviewOutdated, says="it was new in the preview and is changed now"):
        confirm(file)


def test_a_row_that_went_bad_since_the_preview():
    plan = make_plan(slug="starter")
    content = accounts_csv("one,One,starter,,,,", "shop,Shop,starter,,,,")
    file, _ = previewed(content, kind=ImportKind.ACCOUNTS)
    plans.archive(plan=plan, by=None, reason=REASON, now=LATER)

    with refused(PreviewOutdated, says="Line 2: The plan"):
        confirm(file)


def test_credits_that_the_plan_no_longer_gives():
    trial = make_plan(slug="trial", price=Decimal(0), included_credits=2000, trial_days=14)
    file, _ = previewed(accounts_csv("shop,Shop,trial,,,,"), kind=ImportKind.ACCOUNTS)
    plans.edit(plan=trial, changes={"included_credits": 50_000}, by=None, reason=REASON)

    with refused(PreviewOutdated, says="(shop)"):
        confirm(file)


def test_a_newer_preview_than_the_one_before_the_person():
    starter = make_plan(slug="starter", name="Starter")
    file, _ = previewed(plans_csv("starter,Starter,95.00,1000,1,2,,0,yes,0"))
    seen = file.fingerprint
    plans.edit(plan=starter, changes={"price": Decimal("91.00")}, by=None, reason=REASON)
    files.preview(import_file=file, by=file.uploaded_by, now=LATER)

    with refused(PreviewOutdated, says="another preview"):
        confirm(file, fingerprint=seen)


def test_a_rule_that_only_the_database_knows_is_told_with_its_line(monkeypatch):
    file, _ = previewed(plans_csv(PLAN_ROW, plan_row(slug="other", max_sites="1000000")))
    real = plans.create

    def lets_through(*, slug: str, facts: dict, **told: object) -> Plan:
        if slug == "other":
            return Plan.objects.create(slug=slug, **facts | {"included_credits": -1})
        return real(slug=slug, facts=facts, **told)

    monkeypatch.setattr(plans, "create", lets_through)

    with refused(PreviewOutdated, says="Line 3 (other): The database refuses this row (rule "):
        confirm(file)


def test_what_a_service_did_otherwise_than_was_shown_is_undone(monkeypatch):
    file, _ = previewed(plans_csv(PLAN_ROW, plan_row(slug="other")))
    real = plans.create

    def rounds_up(*, slug: str, facts: dict, **told: object) -> Plan:
        return real(slug=slug, facts=facts | {"price": Decimal("20.00")}, **told)

    monkeypatch.setattr(plans, "create", rounds_up)

    with refused(
        PreviewOutdated, says="Line 2 (solo): price would become “20.00”, shown was “19.00”"
    ):
        confirm(file)


def test_a_plan_changed_while_the_import_runs(monkeypatch):
    plan = make_plan(slug="starter")
    content = accounts_csv("one,One,starter,,,,", "two,Two,starter,,,,")
    file, _ = previewed(content, kind=ImportKind.ACCOUNTS)
    real = onboarding.create_account

    def archived_meanwhile(*, slug: str, **facts: object) -> Account:
        if slug == "two":
            Plan.objects.filter(pk=plan.pk).update(trial_days=30)
        return real(slug=slug, **facts)

    monkeypatch.setattr(onboarding, "create_account", archived_meanwhile)

    with refused(PreviewOutdated, says="was changed while the import ran"):
        confirm(file)


def test_bytes_that_are_not_those_of_the_upload():
    file, _ = previewed(plans_csv(PLAN_ROW))
    ImportFile.objects.filter(pk=file.pk).update(content=plans_csv(plan_row(price="1.00")))

    with refused(PreviewOutdated, says="not the one that was uploaded"):
        confirm(file)


def test_all_lines_that_differ_are_named():
    make_plan(slug="a", name="A")
    make_plan(slug="b", name="B")
    file, _ = previewed(plans_csv(*(plan_row(slug=slug) for slug in ("a", "b", "c"))))
    Plan.objects.update(name="Other")

    with refused(PreviewOutdated, says="Line 2 (a): name was “A”") as caught:
        confirm(file)

    assert "1 more is affected" in caught.value.message
    assert [(p.line, p.value) for p in caught.value.problems] == [(2, "a"), (3, "b")]


def test_a_failure_midway_leaves_nothing(monkeypatch):
    content = plans_csv(PLAN_ROW, plan_row(slug="second"))
    file, _ = previewed(content)
    create = plans.create

    def breaks(*, slug: str, **facts: object) -> Plan:
        if slug == "second":
            raise ConnectionError("the line to the database is gone")
        return create(slug=slug, **facts)

    monkeypatch.setattr(plans, "create", breaks)

    with nothing_changes(), pytest.raises(ConnectionError):
        confirm(file)


def test_the_same_content_again_is_known_by_its_hash():
    first, _ = previewed(plans_csv(PLAN_ROW))
    confirm(first)

    again, outcome = previewed(plans_csv(PLAN_ROW))

    assert files.earlier_import(again) == first
    assert outcome.summary.to_do == 0


def test_an_accounts_file_is_no_earlier_plans_file():
    content = b"slug,name\nx,X\n"
    file = staged(content, kind=ImportKind.PLANS)
    other = staged(content, kind=ImportKind.ACCOUNTS)
    ImportFile.objects.filter(pk=other.pk).update(
        imported_at=NOW, imported_by=other.uploaded_by, reason=REASON
    )

    assert files.earlier_import(file) is None


@pytest.mark.parametrize("content", [b"", b"x" * (MAX_BYTES + 1)])
def test_an_empty_and_a_too_large_file_are_not_kept(content):
    fiona = make_staff("Finance")

    with refused(InvalidValue):
        staged(content, by=fiona)


def test_files_never_imported_are_forgotten_and_imported_ones_kept():
    kept, _ = previewed(plans_csv(PLAN_ROW))
    confirm(kept)
    staged(plans_csv(plan_row(slug="old")))

    assert forgetting.forget_unconfirmed(before=LATER) == 1
    assert list(ImportFile.objects.all()) == [kept]


@pytest.mark.parametrize(
    "damage", [{"reason": ""}, {"imported_by": None}, {"imported_at": None}, {"size": 0}]
)
def test_the_database_keeps_the_facts_of_an_import_together(damage):
    file, _ = previewed(plans_csv(PLAN_ROW))
    confirm(file)

    with pytest.raises(IntegrityError):
        ImportFile.objects.filter(pk=file.pk).update(**damage)
