"""One mailbox, one form of its address, wherever it is written."""

import pytest

from tenancy.emails import lookup_form, stored_form
from tenancy.errors import InvalidValue
from tenancy.models import User
from tenancy.services import invitations, password_links, staff, users
from tenancy.services.password_links import link_tokens
from tests.conftest import World
from tests.digest import refused
from tests.factories import REASON, make_account, make_plan, make_user

FORMS = [
    (" Zoe@Shop.Example ", "zoe@shop.example"),
    ("bob@bücher.de", "bob@xn--bcher-kva.de"),
    ("Bob@BÜCHER.de", "bob@xn--bcher-kva.de"),
    ("bob@XN--BCHER-KVA.de", "bob@xn--bcher-kva.de"),
    ("bob@bu\u0308cher.de", "bob@xn--bcher-kva.de"),
    ("bob@ｇmail.com", "bob@gmail.com"),
    ("bob@gmail。com", "bob@gmail.com"),
    ("bob@straße.de", "bob@xn--strae-oqa.de"),
    ("bob@strasse.de", "bob@strasse.de"),
    ("o'neil+x@a-b.example", "o'neil+x@a-b.example"),
]
REFUSED = [
    ('"bob"@gmail.com', "quotes before the @"),
    ('"b b"@gmail.com', "quotes before the @"),
    ("bob@gma\u00adil.com", "invisible character (U+00AD)"),
    ("bob@gma\u200bil.com", "invisible character (U+200B)"),
    ("b\u200bob@gmail.com", "invisible character (U+200B)"),
    ("bob@gmail.com\u2060", "invisible character (U+2060)"),
    ("bob@gma\u034fil.com", "no such domain"),
    ("bob@gma\ufe0fil.com", "no such domain"),
    ("bob@xn--a.com", "no such domain"),
    ("bob@xn--gmail-.com", "no such domain"),
    ("\u017fam@gmail.com", "none of a to z"),
    ("bo\u212a@gmail.com", "none of a to z"),
    ("ｂob@gmail.com", "none of a to z"),
    ("zoë@gmail.com", "none of a to z"),
    (" Bob ", "“Bob” is no e-mail address"),
    ("", "no e-mail address"),
    ("@", "no e-mail address"),
    ("a@b@c.example", "no e-mail address"),
    (f"{'x' * 245}@b.example", "at most 254"),
]


@pytest.mark.parametrize(("written", "form"), FORMS)
def test_the_form_of_an_address(written: str, form: str) -> None:
    assert stored_form(written) == stored_form(form) == lookup_form(written) == form


@pytest.mark.parametrize(("written", "why"), REFUSED)
def test_what_has_no_form_is_refused_in_words(written: str, why: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        stored_form(written)

    assert why in caught.value.message
    assert caught.value.facts == {"field": "email"}
    assert lookup_form(written) == written.strip().lower()


def test_every_verb_that_takes_an_address_keeps_its_form(world: World) -> None:
    account = make_account(plan=make_plan(max_users=5))
    owner = users.add_owner(account=account, email="A@bücher.de", by=None, reason=REASON)
    invited = invitations.invite(
        account=account, email="b@bücher.de", role="editor", by=None, reason=REASON
    )
    added = staff.add(email="c@bücher.de", groups=["Support"], by=None, reason=REASON)

    domains = {user.email.partition("@")[2] for user in (owner, invited, added)}
    assert domains == {"xn--bcher-kva.de"}
    for email in ("b@xn--bcher-kva.de", "B@BÜCHER.de"):
        again = invitations.invite(
            account=account, email=email, role="editor", by=None, reason=REASON
        )
        assert again == invited
    accepted = password_links.accept(
        email="B@ｂücher.de",
        token=link_tokens.make_token(invited),
        password="correct horse battery",
    )
    assert accepted == invited
    for email in ("a@bücher.de", "a@xn--bcher-kva.de", "a@ｂücher.de"):
        with refused(users.EmailTaken):
            invitations.invite(account=account, email=email, role="editor", by=None, reason=REASON)
    with refused(staff.AlreadyStaff):
        staff.add(email="c@BÜCHER.de", groups=["Support"], by=None, reason=REASON)


def test_somebody_is_found_by_either_form(db: None) -> None:
    user = make_user(make_account(), email="bob@xn--bcher-kva.de")

    for written in ("bob@bücher.de", "Bob@xn--bcher-kva.de"):
        assert User.objects.get_by_natural_key(written) == user
