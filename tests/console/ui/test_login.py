"""The sign-in page tells the demo's logins in the demo, and nothing of them anywhere else."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from console.demo.staff import LOGINS


@pytest.mark.parametrize("is_demo", [True, False])
def test_demo_logins_are_told_in_the_demo_alone(
    db: None, settings: Settings, is_demo: bool
) -> None:
    settings.DEMO = is_demo
    page = Client().get(reverse("admin:login")).content.decode()
    assert all((email in page) is is_demo for email in LOGINS)
    assert ("igny8.test" in page) is is_demo
    assert ("password demo" in " ".join(page.replace("<", " <").split())) is False
    assert ('data-copy="demo"' in page) is is_demo


def test_a_wrong_password_shows_them_still(db: None, settings: Settings) -> None:
    settings.DEMO = True
    page = Client().post(reverse("admin:login"), {"username": "nobody@igny8.test", "password": "x"})
    assert b"support@igny8.test" in page.content


def test_signing_in_leads_to_the_work(db: None) -> None:
    assert Client().get(reverse("admin:index")).url == "/admin/login/?next=/admin/"
