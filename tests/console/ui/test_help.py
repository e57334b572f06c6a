"""The first day of each role: one's own first, and every link in it opens."""

import re

import pytest

from console.groups import GROUPS
from console.help.pages import ROLES
from tests.console.admin.conftest import somebody

pytestmark = pytest.mark.usefixtures("context_kept")

HELP = "/admin/help/"


@pytest.mark.django_db
@pytest.mark.parametrize("group", [group.name for group in GROUPS])
def test_the_first_day_leads_to_the_very_screens(group: str) -> None:
    client = somebody(group)

    response = client.get(HELP)

    assert response.context["role"].title == group
    assert [role.title for role in response.context["own"]] == [group]
    page = response.content.decode()
    assert f'aria-current="page">{group} (you)</a>' in page
    article = page.partition("<article")[2].partition("</article>")[0]
    links = set(re.findall(r'href="(/admin/[^"]*)"', article))
    assert len(links) >= 3
    answers = {link: client.get(link) for link in links}
    # A filter that a list does not have leads back to it.
    assert {link: answer.status_code for link, answer in answers.items()} == dict.fromkeys(
        links, 200
    )


@pytest.mark.django_db
def test_the_others_can_be_read_by_everybody() -> None:
    client = somebody("no group")

    for role in ROLES:
        page = client.get(HELP, {"role": role.code})
        assert page.context["role"] == role
        assert page.context["own"] == []
    assert client.get(HELP, {"role": "nobody"}).context["role"] == ROLES[0]
