"""Signing up: what is told, what is given, and that it leaks no more than it must."""

import pytest
from django.core.management import call_command

from billing.models import CreditTransaction
from tenancy.models import Account, Plan, TrialClaim, User
from tests.api.world import Caller, anybody, code_of
from tests.conftest import World

BODY = {
    "email": "New@Example.com",
    "password": "correct horse battery staple",
    "account_name": "Shop & Söhne",
}


@pytest.fixture
def trial(db: None) -> Plan:
    call_command("create_free_trial_plan", verbosity=0)
    return Plan.objects.get(slug="free-trial")


def register(**changes: object) -> object:
    return anybody().post("auth/register/", BODY | changes)


def test_it_gives_an_account_in_trial_with_its_credits(trial: Plan) -> None:
    response = register()

    assert response.status_code == 201
    answer = response.json()
    assert set(answer) == {"user", "account", "access", "refresh"}
    assert set(answer["user"]) >= {"id", "email", "role"}
    assert (answer["user"]["email"], answer["user"]["role"]) == ("new@example.com", "owner")
    assert (answer["account"]["status"], answer["account"]["plan"]) == ("trial", "free-trial")
    row = CreditTransaction.objects.get()
    assert (row.type, row.amount) == ("trial", 2000)
    caller = Caller({"Authorization": f"Bearer {answer['access']}"})
    assert caller.get("account/").json()["available"] == 2000


def test_nobody_chooses_a_plan_or_a_role(trial: Plan) -> None:
    response = register(plan="enterprise", role="developer", is_staff=True, plan_id=1)

    assert code_of(response) == "validation_error"
    assert {fault["pointer"] for fault in response.json()["errors"]} == {
        "/plan",
        "/role",
        "/is_staff",
        "/plan_id",
    }
    assert not Account.objects.exists()


@pytest.mark.parametrize("email", ["NEW@example.com", "new+2@example.com"])
def test_there_is_one_trial_for_a_mailbox(trial: Plan, email: str) -> None:
    register()

    response = register(email=email, account_name="Another")

    assert code_of(response) == "validation_error"
    (fault,) = response.json()["errors"]
    assert fault["pointer"] == "/email"
    assert fault["code"] in ("email_taken", "trial_used")
    assert Account.objects.count() == 1


def test_a_taken_e_mail_tells_nothing_but_that(trial: Plan, world: World) -> None:
    told = [register(email=email) for email in ("alice@homeg8.example", "sam@igny8.example")]

    for response, email in zip(told, ("alice@homeg8.example", "sam@igny8.example"), strict=True):
        assert code_of(response) == "validation_error"
        text = response.content.decode().replace(email, "")
        assert not any(word in text.lower() for word in ("alice", "sam@", "staff", "home g8"))
    first, second = (r.json()["errors"][0]["code"] for r in told)
    assert first == second == "email_taken"


def test_every_reason_against_a_password_is_named(trial: Plan) -> None:
    response = register(password="12345")

    faults = response.json()["errors"]
    assert {fault["pointer"] for fault in faults} == {"/password"}
    assert {"password_too_short", "password_too_common"} <= {fault["code"] for fault in faults}
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"email": "nonsense"}, "/email"),
        ({"email": 5}, "/email"),
        ({"email": f"{'x' * 250}@e.example"}, "/email"),
        ({"account_name": "   "}, "/account_name"),
        ({"account_name": "x" * 256}, "/account_name"),
        ({"account_name": "a\x00b"}, "/account_name"),
        ({"password": None}, "/password"),
        ({"password": ["x"]}, "/password"),
        ({"password": "x" * 129}, "/password"),
    ],
    ids=str,
)
def test_a_wrong_body_is_named(trial: Plan, changes: dict, pointer: str) -> None:
    response = register(**changes)

    assert code_of(response) == "validation_error"
    assert {fault["pointer"] for fault in response.json()["errors"]} == {pointer}
    assert not TrialClaim.objects.exists()


def test_without_a_plan_to_start_on_it_is_closed_for_now(db: None) -> None:
    response = register()

    assert (response.status_code, code_of(response)) == (503, "temporarily_unavailable")
    assert response["Retry-After"]
