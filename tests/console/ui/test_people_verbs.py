"""The dialogs of an account's people: who may, what they do, what they say."""

import csv
import io
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tenancy.models import AuditEvent, User
from tenancy.roles import Role
from tests import factories
from tests.conftest import World
from tests.factories import NOW, REASON, make_site, make_user

pytestmark = pytest.mark.usefixtures("context_kept")

SignIn = Callable[[User], Client]


def address(verb: str, user: User) -> str:
    return reverse(f"admin:tenancy_user_{verb}", args=(user.pk,))


def post(client: Client, url: str, **facts: object) -> HttpResponse:
    """Send the form as it was shown, with a reason."""
    token = client.get(url).context["form"]["token"].value()
    return client.post(url, {"token": str(token), "reason": REASON, **facts})


def people_of(client: Client, user: User) -> str:
    url = reverse("admin:tenancy_account_change", args=(user.account_id,))
    return client.get(f"{url}?tab=people").content.decode()


class TestOwner:
    def test_support_hands_an_account_over(self, world: World, as_: SignIn) -> None:
        support, url = as_(world.sam), address("make_owner", world.bob)
        page = support.get(url).content.decode()
        assert "Role of alice@homeg8.example" in page
        assert User.objects.get(pk=world.alice.pk).role == Role.OWNER

        post(support, url)

        world.home.refresh_from_db()
        assert world.home.owner == world.bob
        assert "owns the account" in people_of(support, world.bob)
        assert AuditEvent.objects.get(verb="owner_changed").actor == world.sam

    def test_what_cannot_be_done_is_said(self, world: World, as_: SignIn) -> None:
        support = as_(world.sam)
        bot = make_user(world.home, role=Role.SYSTEM_BOT)
        gone = make_user(world.home, is_active=False)

        for verb, user, says in (
            ("make_owner", world.alice, "owns Home G8 already"),
            ("make_owner", bot, "that stays"),
            ("make_owner", gone, "Let them back in first"),
            ("make_owner", world.olga, "belongs to no account"),
            ("deactivate_user", world.alice, "owner first"),
            ("change_role", world.alice, "owner first"),
        ):
            page = support.get(address(verb, user)).content.decode()
            assert says in page, (verb, user)

    def test_only_support_may(self, world: World, as_: SignIn) -> None:
        url = address("make_owner", world.bob)
        for staff in (world.fiona, world.adam, factories.make_staff("Auditor")):
            assert as_(staff).get(url).status_code == 403
            assert as_(staff).post(url, {"reason": REASON}).status_code == 403
        world.home.refresh_from_db()
        assert world.home.owner == world.alice


class TestOffered:
    """No button stands where everybody is refused, and the address says why."""

    VERBS = {
        "change_role": "Change role",
        "make_owner": "Make owner",
        "give_site": "Give a site",
        "withdraw_invitation": "Withdraw invitation",
        "deactivate_user": "Deactivate",
    }

    def offered(self, client: Client, user: User) -> set[str]:
        """Of these verbs those with a button: on the person's page as in their account's tab."""
        page = client.get(reverse("admin:tenancy_user_change", args=(user.pk,)))
        account = reverse("admin:tenancy_account_change", args=(user.account_id,))
        rows = client.get(f"{account}?tab=people").context["rows"]
        (verbs,) = (row.verbs for row in rows if row.object == user)
        offered = {each["title"] for each in page.context["actions_detail"]}
        assert offered == {verb.label for verb in verbs}
        return offered & set(self.VERBS.values())

    @pytest.mark.parametrize(
        ("fact", "says"),
        [
            ("staff", "more than a customer"),
            ("deleted", "Restore it first"),
            ("own", "You belong to"),
        ],
    )
    def test_nothing_for_staff_deleted_accounts_and_ones_own(
        self, world: World, as_: SignIn, fact: str, says: str
    ) -> None:
        account = factories.make_account(deleted=fact == "deleted")
        user = make_user(account, role=Role.EDITOR, is_staff=fact == "staff")
        colleague = factories.make_staff("Support", account=account, role=Role.VIEWER)
        support = as_(colleague if fact == "own" else world.sam)

        assert not self.offered(support, user)
        for verb in self.VERBS:
            assert says in support.get(address(verb, user)).content.decode(), verb

    def test_all_of_them_for_who_was_invited(self, world: World, as_: SignIn) -> None:
        make_site(world.home)

        assert self.offered(as_(world.sam), world.bob) == set(self.VERBS.values())

    def test_to_others_what_they_may(self, world: World, as_: SignIn) -> None:
        make_site(world.home)
        for staff in (world.fiona, factories.make_staff("Auditor")):
            assert not self.offered(as_(staff), world.bob)
        assert self.offered(as_(world.adam), world.bob) == {"Change role", "Deactivate"}

    def test_no_site_for_the_bot(self, world: World, as_: SignIn) -> None:
        make_site(world.home)
        bot = make_user(world.home, role=Role.SYSTEM_BOT)

        assert self.offered(as_(world.sam), bot) == {"Deactivate"}

    def test_who_signed_in_has_joined_without_a_password_too(
        self, world: World, as_: SignIn
    ) -> None:
        User.objects.filter(pk=world.bob.pk).update(last_login=world.bob.date_joined)

        support = as_(world.sam)

        page = support.get(reverse("admin:tenancy_user_change", args=(world.bob.pk,)))
        assert "Can sign in" in page.content.decode()
        assert (
            "has joined" in support.get(address("withdraw_invitation", world.bob)).content.decode()
        )


class TestSignIn:
    """Who can sign in, who was locked out, who was only invited: the list and the page agree."""

    @pytest.mark.parametrize(
        ("facts", "says"),
        [
            ({"password": "correct horse battery"}, "Can sign in"),
            ({"last_login": NOW}, "Can sign in"),
            ({}, "Invited, has not joined"),
            ({"is_active": False}, "Deactivated"),
            ({"is_active": False, "password": "correct horse battery"}, "Deactivated"),
        ],
        ids=str,
    )
    def test_is_told_alike(
        self, world: World, as_: SignIn, facts: dict[str, object], says: str
    ) -> None:
        user = make_user(factories.make_account(), email="zoe@shed.test", **facts)
        client = as_(world.fiona)
        page = reverse("admin:tenancy_user_change", args=(user.pk,))
        shown = reverse("admin:tenancy_user_changelist") + "?q=zoe"
        export = reverse("admin:tenancy_user_export") + "?q=zoe"

        for told in (client.get(page), client.get(shown)):
            states = {"Can sign in", "Invited, has not joined", "Deactivated"}
            assert {state for state in states if state in told.content.decode()} == {says}
        (row,) = csv.DictReader(io.StringIO(client.post(export).getvalue().decode("utf-8-sig")))
        assert row["Sign-in"] == says


class TestInvitation:
    def test_support_withdraws_it(self, world: World, as_: SignIn) -> None:
        support = as_(world.sam)
        assert "invited, has not joined" in people_of(support, world.bob)

        answer = post(support, address("withdraw_invitation", world.bob))

        account = reverse("admin:tenancy_account_change", args=(world.home.pk,))
        assert answer.url == f"{account}?tab=people"
        gone = User.objects.get(pk=world.bob.pk)
        assert (gone.account, gone.is_active) == (None, False)
        # What was invited and taken back is told where it was: the person's own page still opens.
        page = support.get(reverse("admin:tenancy_user_change", args=(gone.pk,)))
        assert page.status_code == 200
        assert "bob@homeg8.example" not in people_of(support, world.alice)

    def test_what_cannot_be_done_is_said(self, world: World, as_: SignIn) -> None:
        support = as_(world.sam)
        joined = make_user(world.home, password="correct horse battery")
        bot = make_user(world.home, role=Role.SYSTEM_BOT)

        for user, says in (
            (world.alice, "owner first"),
            (joined, "has joined. Deactivate them instead"),
            (bot, "was not invited"),
            (world.olga, "belongs to no account"),
        ):
            page = support.get(address("withdraw_invitation", user)).content.decode()
            assert says in page, user

    def test_only_support_may(self, world: World, as_: SignIn) -> None:
        url = address("withdraw_invitation", world.bob)
        for staff in (world.fiona, world.adam, factories.make_staff("Auditor")):
            assert as_(staff).get(url).status_code == 403
            assert as_(staff).post(url, {"reason": REASON}).status_code == 403
        assert User.objects.get(pk=world.bob.pk).account == world.home


class TestSites:
    def test_one_is_given_and_taken(self, world: World, as_: SignIn) -> None:
        support, site = as_(world.sam), make_site(world.home, name="Garden blog")
        foreign = make_site(world.other)
        assert "no site" in people_of(support, world.bob)

        form = support.get(address("give_site", world.bob)).context["form"]
        assert list(form.fields["site"].queryset) == [site]
        refused = post(support, address("give_site", world.bob), site=foreign.pk)
        assert "This site cannot be chosen any more" in refused.content.decode()
        post(support, address("give_site", world.bob), site=site.pk)

        assert list(world.bob.get_accessible_sites()) == [site]
        assert "Garden blog" in people_of(support, world.bob)
        event = AuditEvent.objects.get(verb="site_given")
        assert (event.actor, event.reason) == (world.sam, REASON)

        post(support, address("take_site", world.bob), site=site.pk)
        assert not world.bob.get_accessible_sites()

    def test_what_cannot_be_done_is_said(self, world: World, as_: SignIn) -> None:
        support = as_(world.sam)
        gone = make_user(world.home, role=Role.VIEWER, is_active=False)
        bot = make_user(world.home, role=Role.SYSTEM_BOT)

        for verb, user, says in (
            ("give_site", world.alice, "sees every site"),
            ("give_site", gone, "Let them back in first"),
            ("give_site", world.bob, "has no site that"),
            ("give_site", world.olga, "belongs to no account"),
            ("give_site", bot, "Only editors and viewers are given sites"),
            ("take_site", world.bob, "No site is given to"),
        ):
            page = support.get(address(verb, user)).content.decode()
            assert says in page, (verb, user)

    @pytest.mark.parametrize("verb", ["give_site", "take_site"])
    def test_only_support_may(self, world: World, as_: SignIn, verb: str) -> None:
        site = make_site(world.home)
        for staff in (world.fiona, world.adam, factories.make_staff("Auditor")):
            url = address(verb, world.bob)
            assert as_(staff).get(url).status_code == 403
            answer = as_(staff).post(url, {"site": site.pk, "reason": REASON})
            assert answer.status_code == 403
        assert not world.bob.get_accessible_sites()
