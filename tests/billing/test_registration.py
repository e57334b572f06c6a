"""Signing up: a person, an account in trial and its credits, or nothing at all."""

import itertools
from functools import partial

import pytest
from django.db import connection

from billing.models import CreditTransaction
from billing.services import onboarding, proof, registration
from billing.services.registration import SignUpClosed
from tenancy.errors import InvalidValue, ServiceError
from tenancy.models import Account, AuditEvent, Plan, TrialClaim, User
from tenancy.records import SYSTEM, SYSTEM_LABEL
from tenancy.roles import Role
from tenancy.services import accounts, plans, trials
from tenancy.services.trials import TrialUsed, normalise
from tenancy.services.users import EmailTaken
from tests.conftest import World
from tests.digest import changed_since, digest, nothing_changes, refused
from tests.factories import DAY, NOW, REASON, make_account, make_plan
from tests.racing import Meeting, at_once, books_agree
from tests.sql import run
from tests.test_verbs import Stop, fail_at_write

PASSWORD = "correct horse battery"


@pytest.fixture
def trial_plan(db: None) -> Plan:
    return make_trial_plan()


def make_trial_plan() -> Plan:
    return plans.create_free_trial(by=None, reason=REASON)[0]


def register(
    email: str = "zoe@shop.example", name: str = "Zoe's Shop", password: str = PASSWORD
) -> User:
    return registration.register(email=email, password=password, account_name=name, now=NOW)


def test_signing_up_makes_an_owner_an_account_and_its_credits(trial_plan: Plan) -> None:
    user = register(" Zoe@Shop.Example ")

    account = Account.objects.get(pk=user.account_id)
    row = CreditTransaction.objects.get(account=account)
    assert (account.name, account.slug) == ("Zoe's Shop", "zoes-shop")
    assert (account.status, account.plan) == ("trial", trial_plan)
    assert account.trial_ends_at == NOW + 14 * DAY
    assert (account.owner, user.role, user.account) == (user, Role.OWNER, account)
    assert (row.type, row.amount, account.credits) == ("trial", 2000, 2000)
    assert User.objects.get(email="zoe@shop.example").check_password(PASSWORD)
    assert not user.is_staff
    assert proof.differences() == []


def test_the_audit_says_that_the_customer_signed_up(trial_plan: Plan) -> None:
    account = register().account

    events = AuditEvent.objects.filter(account=account).order_by("id")
    assert [event.verb for event in events] == ["account_created", "owner_added", "credits_opened"]
    assert {(event.actor_label, event.reason) for event in events} == {
        (SYSTEM_LABEL, "The customer signed up.")
    }


@pytest.mark.parametrize("facts", [{"archived_at": NOW, "is_public": False}, {"is_active": False}])
def test_without_a_trial_on_sale_it_is_the_free_plan(
    trial_plan: Plan, facts: dict[str, object]
) -> None:
    free = make_plan(slug="free", price=0, included_credits=100)
    Plan.objects.filter(pk=trial_plan.pk).update(**facts)

    account = register().account

    assert (account.plan, account.credits, account.trial_ends_at) == (free, 100, None)


def test_without_any_plan_nobody_signs_up(db: None) -> None:
    make_plan(slug="starter-of-the-shop")

    with refused(SignUpClosed):
        register()


@pytest.mark.parametrize(
    "email", ["", "zoe", "zoe@", "zoe @shop.example", f"{'x' * 250}@a.example"]
)
def test_an_email_is_needed(trial_plan: Plan, email: str) -> None:
    with refused(InvalidValue, says="e-mail") as caught:
        register(email)

    assert caught.value.facts["field"] == "email"


@pytest.mark.parametrize("name", ["", "   ", "x" * 256, "a\x00b"])
def test_a_name_is_needed(trial_plan: Plan, name: str) -> None:
    with refused(InvalidValue):
        register(name=name)


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("", ["password_too_short"]),
        ("1234", ["password_too_short", "password_too_common", "password_entirely_numeric"]),
        ("zoe@shop.example", ["password_too_similar"]),
    ],
)
def test_a_weak_password_is_refused_with_every_reason(
    trial_plan: Plan, password: str, codes: list[str]
) -> None:
    with refused(InvalidValue) as caught:
        register(password=password)

    facts = caught.value.facts
    assert facts["field"] == "password"
    assert sorted(error["code"] for error in facts["errors"]) == sorted(codes)
    assert all(error["message"] for error in facts["errors"])


def test_whether_an_email_is_known_is_told_after_all_else(trial_plan: Plan) -> None:
    register("zoe@gmail.com")
    for email in ("zoe@gmail.com", "zoe+2@gmail.com", "new@shop.example"):
        with refused(InvalidValue) as caught:
            register(email, password="1234")
        assert caught.value.facts["field"] == "password"
        with refused(InvalidValue) as caught:
            register(email, name=" ")
        assert caught.value.facts["field"] == "name"
    Plan.objects.update(is_active=False)

    for email in ("zoe@gmail.com", "zoe+2@gmail.com", "new@shop.example"):
        with refused(SignUpClosed):
            register(email)


@pytest.mark.parametrize("email", ["zoe@shop.example", "ZOE@SHOP.example"])
def test_an_email_signs_up_once(trial_plan: Plan, email: str) -> None:
    register()

    with refused(EmailTaken, says="zoe@shop.example"):
        register(email)


def test_staff_do_not_sign_up_with_their_own_email(world: World) -> None:
    make_trial_plan()

    with refused(EmailTaken):
        register("fiona@igny8.example")


@pytest.mark.parametrize(
    ("email", "mailbox"),
    [
        ("Zoe@Shop.Example", "zoe@shop.example"),
        ("zoe+trial2@shop.example", "zoe@shop.example"),
        ("z.o.e@shop.example", "z.o.e@shop.example"),
        ("Z.o.e+x+y@GMail.com", "zoe@gmail.com"),
        ("zoe@googlemail.com", "zoe@gmail.com"),
        ("+@shop.example", "+@shop.example"),
        ("Z.o.e@ＧＭail.com", "zoe@gmail.com"),
        ("zoe@gmail。com", "zoe@gmail.com"),
        ("zoe@Bücher.de", "zoe@xn--bcher-kva.de"),
        ("zoe@XN--BCHER-KVA.de", "zoe@xn--bcher-kva.de"),
    ],
)
def test_the_mailbox_behind_an_address(email: str, mailbox: str) -> None:
    assert normalise(email) == mailbox


@pytest.mark.parametrize(
    "email",
    ['"zoe"@gmail.com', "zoe@gma\u00adil.com", "zoe@gma\u200bil.com", "\u017foe@gmail.com"],
)
def test_an_address_in_disguise_is_refused(trial_plan: Plan, email: str) -> None:
    with refused(InvalidValue) as caught:
        register(email)

    assert caught.value.facts == {"field": "email"}


@pytest.mark.parametrize(
    ("email", "again"),
    [("zoe@bücher.de", "zoe+2@xn--bcher-kva.de"), ("zoe@xn--bcher-kva.de", "zoe+2@Bücher.de")],
)
def test_a_domain_in_either_form_is_one(trial_plan: Plan, email: str, again: str) -> None:
    assert register(email).email == "zoe@xn--bcher-kva.de"

    with refused(TrialUsed):
        register(again)
    with refused(EmailTaken):
        register(again.replace("+2", ""))


@pytest.mark.parametrize(
    "email", ["zoe+2@gmail.com", "z.oe@gmail.com", "ZOE@googlemail.com", "zoe+2@ｇmail.com"]
)
def test_a_mailbox_has_one_trial(trial_plan: Plan, email: str) -> None:
    register("zoe@gmail.com")

    with refused(TrialUsed, says="There has been a trial"):
        register(email)


def test_a_trial_is_remembered_when_the_account_is_gone(trial_plan: Plan) -> None:
    user = register("zoe@gmail.com")
    accounts.soft_delete(account=user.account, by=SYSTEM, reason=REASON, now=NOW)
    User.objects.filter(pk=user.pk).update(email="gone@gone.example")

    with refused(TrialUsed):
        register("zoe@gmail.com")


def test_a_trial_given_by_staff_is_remembered(world: World) -> None:
    facts = {"name": "New Shop", "slug": "new-shop", "by": world.sam, "reason": REASON, "now": NOW}
    onboarding.create_account(plan=make_trial_plan(), owner_email="zoe+shop@gmail.com", **facts)

    with refused(TrialUsed):
        register("zoe@gmail.com")
    with refused(TrialUsed):
        register("zoe+2@ｇmail.com")
    # Staff may give a known person another one.
    facts |= {"name": "Next", "slug": "next"}
    onboarding.create_account(
        plan=Plan.objects.get(slug="free-trial"), owner_email="zoe@gmail.com", **facts
    )


@pytest.mark.parametrize("opening_credits", [0, 454])
def test_an_owner_who_came_with_opening_credits_has_had_theirs(
    world: World, opening_credits: int
) -> None:
    onboarding.create_account(
        name="New Shop",
        slug="new-shop",
        plan=make_trial_plan(),
        owner_email="zoe@gmail.com",
        opening_credits=opening_credits,
        by=world.sam,
        reason=REASON,
        now=NOW,
    )

    with refused(TrialUsed):
        register("zoe+2@gmail.com")


def test_only_a_hash_of_the_address_is_kept(trial_plan: Plan) -> None:
    register("zoe@gmail.com")

    claim = TrialClaim.objects.get()
    assert (len(claim.email_hash), claim.claimed_at) == (64, NOW)
    assert "zoe" not in str(claim)


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM igny8_trial_claims", "UPDATE igny8_trial_claims SET claimed_at=now()"],
)
def test_a_claim_stays(trial_plan: Plan, statement: str) -> None:
    register()

    with nothing_changes(), pytest.raises(Exception, match="igny8_trial_claims is append-only"):
        run(statement)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Default", "default-2"),
        ("日本", "account"),
        ("a_b  --c", "a-b-c"),
        ("Ünïcode & Söhne", "unicode-sohne"),
        ("x" * 255, "x" * 90),
    ],
)
def test_every_name_gets_a_slug(trial_plan: Plan, name: str, slug: str) -> None:
    assert register(name=name).account.slug == slug


def test_the_same_name_gets_the_next_slug(trial_plan: Plan) -> None:
    register()

    assert register("max@shop.example").account.slug == "zoes-shop-2"


def test_a_failure_at_any_write_leaves_nothing_behind(committed: None) -> None:
    make_trial_plan()
    before = digest()
    for number in itertools.count(1):
        try:
            with connection.execute_wrapper(fail_at_write(number)):
                register()
        except Stop:
            assert changed_since(before) == []
        else:
            break

    assert number > 8
    assert User.objects.get().account == Account.objects.get()


# Eight at the same moment.


def sign_ups() -> tuple[int, int, int]:
    return User.objects.count(), Account.objects.count(), CreditTransaction.objects.count()


@pytest.mark.parametrize(
    ("emails", "refusals"),
    [
        (["zoe@gmail.com"] * 8, {EmailTaken}),
        ([f"zoe+{number}@gmail.com" for number in range(8)], {TrialUsed}),
    ],
    ids=["one address", "one mailbox"],
)
def test_of_eight_sign_ups_of_a_person_one_counts(
    committed: None, emails: list[str], refusals: set[type[ServiceError]]
) -> None:
    make_trial_plan()

    outcomes = at_once(*(partial(register, email) for email in emails))

    assert {type(one.refusal) for one in outcomes if one.refusal} == refusals
    assert sign_ups() == (1, 1, 1)
    books_agree()


def test_looked_up_and_then_signed_up_all_eight_are(committed: None) -> None:
    meeting = Meeting(8)

    def claim_without_a_constraint(number: int) -> None:
        assert not TrialClaim.objects.exists()
        meeting.wait()
        trials.remember(email=f"zoe{number}@gmail.com", now=NOW)

    at_once(*(partial(claim_without_a_constraint, number) for number in range(8)))

    with pytest.raises(AssertionError):
        assert TrialClaim.objects.count() == 1


def test_eight_people_of_one_name_all_sign_up(committed: None) -> None:
    make_trial_plan()

    outcomes = at_once(*(partial(register, f"zoe{number}@shop.example") for number in range(8)))

    assert [outcome.refusal for outcome in outcomes] == [None] * 8
    assert sign_ups() == (8, 8, 8)
    assert all(one.result.account.slug.startswith("zoes-shop") for one in outcomes)
    books_agree()


def test_an_account_without_the_trial_is_no_claim(db: None) -> None:
    make_account()

    assert not TrialClaim.objects.exists()
