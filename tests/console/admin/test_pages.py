"""Every page as it is written: nothing typed by a customer runs, and no secret is on it."""

import re

import pytest
from django.http import HttpResponse
from django.test import Client

from tenancy.models import ApiKey, Site
from tests.console.admin.addresses import Address, Kind, of_kind
from tests.console.admin.conftest import somebody
from tests.console.admin.furnished import ESCAPED, HOSTILE, WP_PASSWORD, Furnished

# The dashboard has tests of its own, and a PDF is no HTML.
PAGES = [
    address
    for address in of_kind(Kind.VIEW, Kind.VERB, Kind.OWN)
    if address.name not in ("index", "pdf")
]
LIST = re.compile(r"/admin/(?:tenancy|billing|auth)/\w+/")
RAW_TAG = re.compile(r"<img src=x|<script>\"@|onerror=alert\(1\)>\"'|href=\"javascript:")


@pytest.fixture(scope="module")
def written(built: Furnished) -> dict[str, str]:
    """The HTML of every page by its address, as a superuser sees it."""
    client = somebody("superuser")
    with pytest.MonkeyPatch.context() as patch:
        # The test client copies the context of each of a thousand templates; nobody asks for it.
        patch.setattr("django.test.client.store_rendered_templates", lambda *_, **__: None)
        return {
            path: html(client.get(path)) for path in (path_of(built, address) for address in PAGES)
        }


def path_of(furnished: Furnished, address: Address) -> str:
    return address.path(furnished.one(address.model_admin.model) if address.model_admin else None)


def html(response: HttpResponse) -> str:
    assert response.status_code == 200
    return response.content.decode()


def test_hostile_text_is_text_on_every_page(written: dict[str, str]) -> None:
    assert [path for path, page in written.items() if RAW_TAG.search(page)] == []
    # And it was there to be escaped: on lists, details, histories and dialogs.
    assert sum(ESCAPED in page for page in written.values()) > 50


def test_no_page_holds_a_secret(written: dict[str, str], furnished: Furnished) -> None:
    told = [
        (path, secret)
        for path, page in written.items()
        for secret in furnished.secrets
        if secret in page
    ]

    assert told == []


def test_the_page_of_a_site_says_whether_a_password_is_set(
    written: dict[str, str], furnished: Furnished, root: Client
) -> None:
    place = Site.objects.exclude(wp_app_password="").get()
    page = html(root.get(f"/admin/tenancy/site/{place.pk}/change/"))

    assert ">set<" in re.sub(r">\s+|\s+<", lambda found: found[0].strip(), page)
    assert WP_PASSWORD not in page
    Site.objects.filter(pk=place.pk).update(wp_app_password="")
    page = html(root.get(f"/admin/tenancy/site/{place.pk}/change/"))
    assert "not set" in page


def test_a_key_is_shown_by_its_start_alone(furnished: Furnished, root: Client) -> None:
    key = ApiKey.objects.first()

    page = html(root.get(f"/admin/tenancy/apikey/{key.pk}/change/"))

    assert key.prefix in page
    assert key.key_hash not in page


def test_no_page_offers_a_form_that_saves(written: dict[str, str]) -> None:
    saving = re.compile(r'name="_save"|name="_addanother"|class="(?:add|change)-related|deletelink')
    assert [path for path, page in written.items() if saving.search(page)] == []


def test_the_lists_say_once_that_times_are_utc(written: dict[str, str]) -> None:
    lists = [path_of_list for path_of_list in written if LIST.fullmatch(path_of_list)]

    assert len(lists) > 20
    assert {written[path].count("All times are UTC") for path in lists} == {1}


def test_hostile_text_is_hostile() -> None:
    assert RAW_TAG.search(HOSTILE)
