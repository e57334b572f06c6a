"""Console staff: let in, put into groups, locked out, by an Administrator's dialog."""

import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client

from console.passwords import sign_in_link
from tenancy.models import AuditEvent, User
from tenancy.services.password_links import link_tokens
from tests.conftest import World
from tests.console.admin.conftest import nothing_but_attempts_changes
from tests.racing import a_copy
from tests.signing_in import signed_in

LIST = "/admin/tenancy/user/"


@pytest.fixture
def admin(world: World) -> Client:
    return signed_in(world.adam)


def post(client: Client, path: str, **values: object) -> object:
    return client.post(f"{LIST}{path}/", {"token": uuid4(), "reason": "New hire", **values})


def groups(*names: str) -> list[int]:
    return list(Group.objects.filter(name__in=names).values_list("pk", flat=True))


def link_in(response: HttpResponse) -> str:
    """The path of the sign-in link that an answer shows."""
    page = response.content.decode()
    return re.search(r"http://testserver(/admin/set-password/[^<\"]+)", page)[1]


def set_password(link: str, password: str) -> HttpResponse:
    """What the person does who was sent the link: open it, follow on, send the form."""
    client = Client()
    page = client.get(link, follow=True)
    where = page.redirect_chain[-1][0]
    return client.post(where, {"new_password1": password, "new_password2": password})


def test_added_staff_set_their_own_password_through_a_link(admin: Client) -> None:
    response = post(admin, "add-staff", email="New@igny8.example", groups=groups("Support"))
    user = User.objects.get(email="new@igny8.example")
    assert (user.is_staff, user.is_superuser) == (True, False)
    assert not user.has_usable_password()
    assert [group.name for group in user.groups.all()] == ["Support"]

    set_password(link_in(response), "a long passphrase 77")

    user.refresh_from_db()
    assert user.check_password("a long passphrase 77")
    assert AuditEvent.objects.filter(verb="password_set", actor=user).count() == 1


def test_a_sign_in_link_works_once(admin: Client, world: World) -> None:
    link = link_in(post(admin, f"{world.sam.pk}/new-sign-in-link"))
    set_password(link, "a long passphrase 77")

    page = Client().get(link, follow=True)

    assert "does not work any more" in page.content.decode()


def test_a_weak_password_is_refused_with_the_reason(admin: Client, world: World) -> None:
    link = link_in(post(admin, f"{world.sam.pk}/new-sign-in-link"))
    before = world.sam.password

    page = set_password(link, "short77")

    world.sam.refresh_from_db()
    assert "at least 12 characters" in page.content.decode()
    assert world.sam.password == before


def test_no_link_for_somebody_locked_out(admin: Client, world: World) -> None:
    link = link_in(post(admin, f"{world.sam.pk}/new-sign-in-link"))
    post(admin, f"{world.sam.pk}/deactivate-staff")

    page = Client().get(link, follow=True)

    assert "does not work any more" in page.content.decode()
    refused = post(admin, f"{world.sam.pk}/new-sign-in-link")
    assert "locked out" in refused.content.decode()


def test_a_session_or_link_from_before_does_not_come_back_with_them(
    admin: Client, world: World
) -> None:
    session, link = signed_in(world.sam), link_in(post(admin, f"{world.sam.pk}/new-sign-in-link"))
    assert session.get(LIST).status_code == 200
    post(admin, f"{world.sam.pk}/deactivate-staff")
    post(admin, f"{world.sam.pk}/reactivate-staff")

    assert session.get(LIST).status_code == 302
    assert "does not work any more" in Client().get(link, follow=True).content.decode()
    assert signed_in(a_copy(world.sam)).get(LIST).status_code == 200


def test_a_link_of_the_product_sets_no_password_here(world: World) -> None:
    whose = sign_in_link(world.sam).rsplit("/", 2)[0]
    product = f"{whose}/{link_tokens.make_token(world.sam)}/"

    assert "does not work any more" in Client().get(product, follow=True).content.decode()


def test_changing_the_own_password_keeps_what_colleagues_change(world: World) -> None:
    world.sam.set_password("the old passphrase 1")
    world.sam.save()
    client = Client()
    client.force_login(world.sam, backend="django.contrib.auth.backends.ModelBackend")

    response = client.post(
        "/admin/password_change/",
        {
            "old_password": "the old passphrase 1",
            "new_password1": "the new passphrase 2",
            "new_password2": "the new passphrase 2",
        },
    )

    world.sam.refresh_from_db()
    assert response.status_code == 302
    assert world.sam.check_password("the new passphrase 2")
    assert client.get("/admin/").status_code == 200
    assert AuditEvent.objects.filter(verb="password_set", actor=world.sam).count() == 1


def test_add_staff_is_on_the_staff_list_alone(admin: Client) -> None:
    assert "add-staff" in admin.get(LIST, {"is_staff__exact": 1}).content.decode()
    assert "add-staff" not in admin.get(LIST, {"is_staff__exact": 0}).content.decode()


def test_set_groups(admin: Client, world: World) -> None:
    post(admin, f"{world.sam.pk}/set-groups", groups=groups("Support", "Approver"))

    assert {group.name for group in world.sam.groups.all()} == {"Support", "Approver"}


def test_lock_out_and_let_back_in(admin: Client, world: World) -> None:
    post(admin, f"{world.sam.pk}/deactivate-staff")
    world.sam.refresh_from_db()
    assert not world.sam.is_active

    post(admin, f"{world.sam.pk}/reactivate-staff")
    world.sam.refresh_from_db()
    assert world.sam.is_active


def test_nobody_changes_their_own_rights(admin: Client, world: World) -> None:
    with nothing_but_attempts_changes():
        response = post(admin, f"{world.adam.pk}/set-groups", groups=groups("Finance"))

    assert "Nobody changes their own rights" in response.content.decode()


def test_a_customer_has_no_staff_buttons(admin: Client, world: World) -> None:
    page = admin.get(f"{LIST}{world.bob.pk}/change/").content.decode()

    assert "set-groups" not in page
    assert "deactivate-user" in page


def test_staff_have_no_customer_buttons(admin: Client, world: World) -> None:
    page = admin.get(f"{LIST}{world.sam.pk}/change/").content.decode()

    assert "deactivate-staff" in page
    assert "change-role" not in page
