"""The dialog that has a customer's user sent a link, and the link of a new account's owner."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from tenancy.models import Account, AuditEvent, User
from tests.conftest import World
from tests.digest import nothing_changes
from tests.factories import REASON, make_account, make_plan, make_user
from tests.mailing import work_off

type SignIn = Callable[[User], Client]

LABEL = "Send sign-in link"


def dialog(user: User) -> str:
    return reverse("admin:tenancy_user_send_sign_in_link", args=(user.pk,))


@pytest.mark.parametrize("who", ["sam", "adam"])
def test_support_and_administrators_send_one_once(world: World, as_: SignIn, who: str) -> None:
    client, form = as_(getattr(world, who)), {"token": str(uuid4()), "reason": REASON}
    with nothing_changes():
        page = client.get(dialog(world.bob)).content.decode()
    assert f"to {world.bob.email}, with a link that works once" in page

    answers = [client.post(dialog(world.bob), form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert [letter.to for letter in work_off()] == [[world.bob.email]]
    event = AuditEvent.objects.get(verb="sign_in_link_sent")
    assert (event.actor, event.reason, event.door) == (getattr(world, who), REASON, "console")


def test_a_reason_is_needed_and_the_right(world: World, as_: SignIn) -> None:
    support, finance, form = as_(world.sam), as_(world.fiona), {"token": str(uuid4())}
    with nothing_changes():
        assert "id_reason_error" in support.post(dialog(world.bob), form).content.decode()
        assert finance.get(dialog(world.bob)).status_code == 403
        nobodys = reverse("admin:tenancy_user_send_sign_in_link", args=(0,))
        assert support.get(nobodys).status_code == 404

    assert finance.post(dialog(world.bob), form | {"reason": REASON}).status_code == 403
    assert not AuditEvent.objects.filter(verb="sign_in_link_sent").exists()
    assert work_off() == []


def test_who_is_sent_none_is_told_why_instead_of_a_form(world: World, as_: SignIn) -> None:
    gone = make_account(name="Gone", deleted=True)
    refusals = {
        world.adam: "belongs to no account",
        make_user(world.other, is_staff=True): "console staff too",
        make_user(world.other, is_active=False): "Let them back in first",
        make_user(gone): "Gone is deleted",
    }
    for user, why in refusals.items():
        page = as_(world.sam).get(dialog(user)).content.decode()
        assert why in page
        assert 'name="reason"' not in page

        answer = as_(world.sam).post(dialog(user), {"token": str(uuid4()), "reason": REASON})
        assert answer.status_code == 200
    assert AuditEvent.objects.filter(verb="send_sign_in_link", result="refused").count() == 4
    assert work_off() == []


def test_the_button_stands_by_whom_it_is_for(world: World, as_: SignIn) -> None:
    people = reverse("admin:tenancy_account_change", args=(world.home.pk,)) + "?tab=people"

    assert as_(world.sam).get(people).content.decode().count(LABEL) >= 2
    assert LABEL not in as_(world.fiona).get(people).content.decode()


def test_the_owner_of_a_new_account_is_sent_one(world: World, as_: SignIn) -> None:
    facts = {"name": "New Shop", "plan": make_plan().pk, "owner_email": "Zoe@Bücher.de"}

    as_(world.sam).post(
        reverse("admin:tenancy_account_create_account"),
        {"token": str(uuid4()), "reason": REASON, **facts},
    )

    account = Account.objects.get(slug="new-shop")
    (letter,) = work_off()
    assert letter.to == [account.owner.email] == ["zoe@xn--bcher-kva.de"]
    assert letter.subject == "You are invited to New Shop"
