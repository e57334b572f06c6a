"""What must not be readable at rest, nor in any history."""

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.db import connection
from pytest_django import Settings

from tenancy.models import Site
from tests.conftest import World
from tests.digest import business_tables
from tests.factories import make_site

PASSWORD = "abcd efgh ijkl mnop"
OLD_KEY, NEW_KEY = (Fernet.generate_key().decode() for _ in range(2))


def at_rest(site: Site) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT wp_app_password FROM igny8_sites WHERE id = %s", [site.pk])
        return cursor.fetchone()[0]


def test_a_wordpress_password_is_encrypted_at_rest(world: World) -> None:
    site = make_site(world.home, wp_app_password=PASSWORD)

    assert at_rest(site).startswith("gAAAA")
    assert PASSWORD not in at_rest(site)
    assert Site.objects.get(pk=site.pk).wp_app_password == PASSWORD


def test_the_password_is_in_no_table_in_clear(world: World) -> None:
    make_site(world.home, wp_app_password=PASSWORD)

    with connection.cursor() as cursor:
        for table in business_tables():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE strpos(t::text, %s) > 0',  # noqa: S608
                [PASSWORD],
            )
            assert cursor.fetchone() == (0,), table


def test_an_empty_password_stays_empty(world: World) -> None:
    site = make_site(world.home)

    assert at_rest(site) == ""
    assert Site.objects.get(pk=site.pk).wp_app_password == ""


def test_keys_are_changed_in_service(world: World, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD_KEY]
    site = make_site(world.home, wp_app_password=PASSWORD)
    old_text = at_rest(site)

    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY, OLD_KEY]
    site = Site.objects.get(pk=site.pk)
    assert site.wp_app_password == PASSWORD
    site.save(update_fields=["wp_app_password"])

    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY]
    assert Site.objects.get(pk=site.pk).wp_app_password == PASSWORD
    assert at_rest(site) != old_text


def test_a_lost_key_is_an_error_and_no_empty_password(world: World, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD_KEY]
    site = make_site(world.home, wp_app_password=PASSWORD)
    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY]

    with pytest.raises(InvalidToken):
        Site.objects.get(pk=site.pk)


@pytest.mark.parametrize(
    ("model", "fields"),
    [("Site", {"wp_app_password"}), ("User", {"password", "last_login"})],
)
def test_the_history_has_no_column_for_secrets(model: str, fields: set[str]) -> None:
    kept = apps.get_model("tenancy", model).history.model._meta.get_fields()

    assert fields & {field.name for field in kept} == set()


def test_keys_of_the_api_have_no_history_at_all() -> None:
    assert not hasattr(apps.get_model("tenancy", "ApiKey"), "history")
