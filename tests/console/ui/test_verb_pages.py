"""A verb's form as a dialog and as a page of its own."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tenancy.models import User
from tests import factories
from tests.conftest import World

pytestmark = pytest.mark.usefixtures("context_kept")

SignIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def grant_url(world: World) -> str:
    return reverse("admin:tenancy_account_grant", args=(world.home.pk,))


def test_a_dialog_says_what_it_is_to_those_who_do_not_see_it(world: World, as_: SignIn) -> None:
    page = as_(world.fiona).get(grant_url(world), headers=HTMX).content.decode()
    assert 'role="dialog" aria-modal="true" aria-labelledby="dialog-title"' in page
    assert '<h2 id="dialog-title"' in page
    assert "<html" not in page


def test_in_a_new_tab_it_is_a_whole_page_that_needs_no_script(world: World, as_: SignIn) -> None:
    page = as_(world.fiona).get(grant_url(world)).content.decode()
    assert "<html" in page
    assert 'role="dialog"' not in page
    assert f'action="{grant_url(world)}"' in page
    form = page[page.index("data-verb-form") :].partition("</form>")[0]
    assert "hx-" not in form
    assert reverse("admin:tenancy_account_change", args=(world.home.pk,)) in form  # Cancel


def test_a_wrong_field_points_to_its_error(world: World, as_: SignIn) -> None:
    answer = as_(world.fiona).post(grant_url(world), {"amount": "1.5"}, headers=HTMX)
    page = answer.content.decode()
    assert 'aria-invalid="true"' in page
    assert 'id="id_amount_error"' in page
    assert 'aria-describedby="id_amount_error"' in page
    assert 'value="1.5"' in page
    assert 'aria-describedby="id_reason_helptext id_reason_error"' in page


def test_a_refusal_of_the_service_is_shown_above_the_fields(world: World, as_: SignIn) -> None:
    payment = factories.open_transfer(world.home)
    url = reverse("admin:billing_payment_confirm", args=(payment.pk,))
    client = as_(world.fiona)
    shown = client.get(url)
    assert shown.context["whose"] == world.home  # a reference alone does not say whose it is
    token = shown.context["form"]["token"].value()
    answer = client.post(
        url,
        {
            "token": str(token),
            "amount": "88.00",
            "currency": "USD",
            "value_date": f"{timezone.now():%Y-%m-%d}",
            "bank_transaction_id": "B-1",
            "payer": "Home G8 Ltd",
            "reason": "On the statement",
        },
        headers=HTMX,
    )
    page = answer.content.decode()
    assert page.index('role="alert"') < page.index('name="amount"')
    assert "expects 89.00 USD, not 88.00" in page


def test_what_cannot_be_done_is_said_instead_of_a_form(world: World, as_: SignIn) -> None:
    url = reverse("admin:tenancy_account_reactivate", args=(world.home.pk,))
    page = as_(world.sam).get(url).content.decode()
    assert "Home G8 is active and works already." in page
    assert 'type="submit"' not in page[page.index("data-verb-form") :].partition("</form>")[0]
    assert ">Back</a>" in page
