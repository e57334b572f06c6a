"""The small commands: what they say, what they refuse, and that a second run does no harm."""

from io import StringIO

import pytest
from django.core.management import ManagementUtility, call_command
from django.utils import timezone

from billing.models import CreditBalance, LedgerProof, MoneyProof, Payment
from console.management.base import Failed
from tenancy.models import AuditEvent, Plan
from tenancy.services import plans
from tests.console.conftest import run
from tests.digest import nothing_changes
from tests.factories import DAY, make_account, make_hold, open_transfer
from tests.planting import plant


def test_it_creates_the_free_trial_plan(db: None) -> None:
    said = run("create_free_trial_plan")

    plan = Plan.objects.get()
    assert said == f"Created the plan free-trial (id {plan.pk}): 2,000 credits, 14 trial days.\n"
    event = AuditEvent.objects.get()
    assert (event.verb, event.door, event.actor_label) == ("plan_created", "command", "system")


def test_again_it_says_so_and_changes_nothing(db: None) -> None:
    run("create_free_trial_plan")

    with nothing_changes():
        said = run("create_free_trial_plan")

    assert said.endswith("exists already: 2,000 credits, 14 trial days. Nothing was changed.\n")


def test_what_staff_changed_stays(db: None) -> None:
    plan, _ = plans.create_free_trial(by=None, reason="Set up")
    plans.edit(plan=plan, changes={"included_credits": 500}, by=None, reason="Less")

    said = run("create_free_trial_plan")

    plan.refresh_from_db()
    assert plan.included_credits == 500
    assert "500 credits" in said


def test_the_plan_never_takes_an_id_of_the_plans_that_are_brought_over(db: None) -> None:
    run("create_free_trial_plan")

    assert Plan.objects.get().pk > 6


def test_the_proof_is_told_and_kept(db: None) -> None:
    make_account(credits=100)

    said = run("prove_ledger")

    assert said.startswith("1 transaction of 1 account, 0 differences, in ")
    assert "\n0 payments (0 confirmed by hand), 0 statement lines, 0 differences, in " in said
    assert LedgerProof.objects.get().differences == []
    assert MoneyProof.objects.get().differences == []


def test_a_difference_fails_and_is_named_and_repaired_by_nobody(db: None) -> None:
    account = make_account(slug="off", credits=100)
    plant("UPDATE igny8_credit_balances SET credits = 101 WHERE account_id = %s", account.pk)
    out = StringIO()

    with pytest.raises(Failed) as failure:
        call_command("prove_ledger", stdout=out)

    assert failure.value.returncode == 1
    assert f"off (id {account.pk}): the balance says 101, the rows sum to 100" in out.getvalue()
    balance = CreditBalance.objects.get(account=account)
    assert (balance.credits, balance.frozen) == (101, True)


def test_money_that_disagrees_fails_and_is_named(db: None) -> None:
    payment = open_transfer(make_account(slug="off"))
    Payment.objects.filter(pk=payment.pk).update(received_total=1)
    out = StringIO()

    with pytest.raises(Failed, match="the money disagrees"):
        call_command("prove_ledger", stdout=out)

    assert (
        f"off (id {payment.account_id}), {payment.reference}: 1.00 is booked as received, the "
        "statement lines hold 0 for it\n"
    ) in out.getvalue()


def test_holds_that_are_over_are_given_back_and_no_others(db: None) -> None:
    now = timezone.now()
    account = make_account(slug="over", credits=100)
    make_hold(account, amount=10, expires_at=now - DAY)
    make_hold(account, amount=20, created_at=now, expires_at=now + DAY)

    assert run("expire_holds") == "Holds: 1 had holds that were over: over\n"

    assert CreditBalance.objects.get(account=account).held == 20
    with nothing_changes():
        assert run("expire_holds") == "Holds: nothing to do\n"


def test_a_hold_that_cannot_be_given_back_fails_and_is_named(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("gone")

    make_hold(make_account(slug="over", credits=100), expires_at=timezone.now() - DAY)
    monkeypatch.setattr("billing.services.holds.expire", broken)
    out = StringIO()

    with nothing_changes(), pytest.raises(Failed, match="look at the accounts"):
        call_command("expire_holds", stdout=out)

    assert out.getvalue() == "Holds: 1 failed: over (gone)\n"


def test_a_refusal_is_one_line_without_class_names(
    committed: None, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("correct horse battery staple"))
    command = ["create_staff", "--email=a@b.example", "--group=Boss", "--password-stdin"]

    with pytest.raises(SystemExit) as ended:
        ManagementUtility(["manage.py", *command]).execute()

    assert ended.value.code == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("Refused: There is no group “Boss”; known are ")
    assert said.err.count("\n") == 1
