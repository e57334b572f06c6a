"""Loading the demo: only as a demo, only into an empty database, whole or not at all."""

import threading
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from console.demo import load, transfers
from console.management.base import Refused
from tenancy.models import Account, Plan, User
from tenancy.services import plans
from tests.console.conftest import LOADED_AT
from tests.digest import nothing_changes
from tests.factories import make_account, make_plan, make_staff


def load_demo(**options: bool) -> str:
    out = StringIO()
    call_command("load_demo", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def is_demo(settings: Settings) -> None:
    settings.DEMO = True


def test_it_says_what_it_loaded_and_who_can_sign_in(db: None, is_demo: None) -> None:
    said = load_demo()

    assert "8 accounts, 4 sites, 280 credit transactions" in said
    assert "“demo”: support@igny8.test, finance@igny8.test" in said


@pytest.mark.parametrize("if_empty", [False, True])
def test_it_is_refused_outside_the_demo(db: None, if_empty: bool) -> None:
    with nothing_changes(), pytest.raises(Refused, match="only with IGNY8_DEMO=1") as refusal:
        load_demo(if_empty=if_empty)

    assert refusal.value.returncode == 1


def test_a_second_load_is_refused(db: None, is_demo: None) -> None:
    load_demo()

    with nothing_changes(), pytest.raises(Refused, match="not empty: 8 accounts"):
        load_demo()


def test_a_second_load_if_empty_only_tells_the_logins(db: None, is_demo: None) -> None:
    load_demo()

    with nothing_changes():
        said = load_demo(if_empty=True)

    assert said.startswith("Demo logins")
    assert said.count("\n") == 1


def test_only_logins_that_work_are_told(db: None, is_demo: None) -> None:
    load_demo()
    auditor = User.objects.get(email="auditor@igny8.test")
    auditor.set_password("something else entirely")
    auditor.save()

    said = load_demo(if_empty=True)

    assert "auditor@igny8.test" not in said
    assert "finance@igny8.test" in said


@pytest.mark.parametrize(
    "make",
    [make_account, make_staff, lambda: make_plan(slug="starter"), lambda: make_plan(id=6)],
    ids=["account", "staff", "plan slug", "plan id"],
)
def test_a_database_in_use_is_left_alone(db: None, is_demo: None, make: object) -> None:
    make()

    with nothing_changes():
        assert load_demo(if_empty=True) == ""
        with pytest.raises(Refused, match="not empty"):
            load_demo()


def test_the_plan_of_new_trials_may_be_there_and_stays_as_staff_left_it(
    db: None, is_demo: None
) -> None:
    plan, _ = plans.create_free_trial(by=None, reason="Before the demo")
    plans.edit(plan=plan, changes={"included_credits": 3_000}, by=None, reason="More of a taste")

    load_demo()

    assert plan.pk not in (1, 2, 4, 5, 6)
    plan.refresh_from_db()
    assert plan.included_credits == 3_000
    assert Plan.objects.count() == 6


def test_a_failure_on_the_way_leaves_nothing(
    committed: None, is_demo: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(**_: object) -> None:
        raise OSError("the machine stopped")

    monkeypatch.setattr(load, "add_transfers", break_off)

    with nothing_changes(), pytest.raises(OSError, match="stopped"):
        load.load(now=LOADED_AT)


def test_two_loads_at_once_load_once(committed: None, is_demo: None) -> None:
    refusals = []

    def work() -> None:
        try:
            load.load(now=LOADED_AT)
        except load.NotEmpty as refusal:
            refusals.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refusals) == 1
    assert Account.objects.count() == 8


def test_transfers_are_opened_oldest_first() -> None:
    ages = [transfer.age for transfer in transfers.TRANSFERS]

    assert ages == sorted(ages, reverse=True)
