"""The groups in the database are the table in the code, and the screen says them in plain words."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from console import groups
from console.site import site
from tenancy.models import User
from tests.conftest import World

VERBS = [
    verb
    for model_admin in site._registry.values()
    for verb in (*model_admin.verbs, *model_admin.list_verbs)
]


@pytest.mark.django_db
def test_the_database_holds_the_table() -> None:
    for group in groups.GROUPS:
        assert in_database(group.name) - seeing() == set(group.verbs)


@pytest.mark.django_db
def test_every_group_sees_everything_and_nobody_else_is_a_group() -> None:
    assert {group.name for group in groups.GROUPS} == set(
        Group.objects.values_list("name", flat=True)
    )
    for group in groups.GROUPS:
        assert in_database(group.name) & seeing() == seeing()


@pytest.mark.django_db
def test_every_verb_has_a_permission_that_exists() -> None:
    known = {
        f"{app}.{code}"
        for app, code in Permission.objects.values_list("content_type__app_label", "codename")
    }
    assert {verb.permission for verb in VERBS} <= known


def test_every_verb_is_somebodys() -> None:
    given = frozenset().union(*(group.verbs for group in groups.GROUPS))
    assert {verb.permission for verb in VERBS} <= given


@pytest.mark.django_db
def test_nobody_has_permissions_of_their_own() -> None:
    assert not User.user_permissions.through.objects.exists()


def test_the_screen_says_what_a_group_may_do(world: World, root: Client) -> None:
    support = Group.objects.get(name="Support")

    page = root.get(f"/admin/auth/group/{support.pk}/change/").content.decode()

    assert groups.SUPPORT.description in page
    assert "Suspend an account" in page
    assert "200 a time, 500 a day" in page
    assert world.sam.email in page
    assert "suspend_account" not in page
    assert "historical" not in page


def in_database(name: str) -> set[str]:
    rows = Group.objects.get(name=name).permissions.values_list(
        "content_type__app_label", "codename"
    )
    return {f"{app}.{code}" for app, code in rows}


def seeing() -> set[str]:
    rows = Permission.objects.filter(codename__startswith="view_").filter(
        content_type__app_label__in=(*groups.VIEWED_APPS, "auth")
    )
    return {
        f"{app}.{code}"
        for app, code in rows.values_list("content_type__app_label", "codename")
        if app != "auth" or code == "view_group"
    }
