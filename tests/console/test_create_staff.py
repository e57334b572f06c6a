"""The command that lets the first people into the console."""

from io import StringIO

import pytest

from console.management.base import Refused
from console.management.commands import create_staff
from tenancy.models import AuditEvent, User
from tests.console.conftest import run
from tests.digest import nothing_changes
from tests.factories import make_group

STRONG = "correct horse battery staple"


def create(monkeypatch: pytest.MonkeyPatch, *, typed: str, **options: object) -> str:
    monkeypatch.setattr("sys.stdin", StringIO(typed))
    given = {"email": "Ada@Igny8.example", "groups": ["Administrator"], "password_stdin": True}
    return run("create_staff", **given | options)


@pytest.fixture
def administrators(db: None) -> None:
    make_group("Administrator")


def test_the_first_administrator(administrators: None, monkeypatch: pytest.MonkeyPatch) -> None:
    said = create(monkeypatch, typed=f"{STRONG}\n")

    user = User.objects.get()
    assert said == "ada@igny8.example can sign in to the console as Administrator.\n"
    assert user.check_password(STRONG)
    assert (user.is_staff, user.is_superuser, user.account) == (True, False, None)
    assert AuditEvent.objects.get().after == {
        "email": "ada@igny8.example",
        "groups": ["Administrator"],
    }
    assert user.history.get().history_change_reason == "Added on the server"


@pytest.mark.parametrize(
    ("typed", "options", "says"),
    [
        ("short\n", {}, "too short"),
        ("\n", {}, "no password was given"),
        ("", {}, "no password was given"),
        (f"{STRONG}\n", {"groups": ["Boss"]}, "no group “Boss”; known are Administrator, "),
        (f"{STRONG}\n", {"email": "nonsense"}, "no e-mail address"),
        (f"{STRONG}\n", {"reason": " "}, "Give a reason"),
        (f"{STRONG}\n", {"password_stdin": False}, "use --password-stdin"),
    ],
)
def test_what_is_refused(
    administrators: None,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    options: dict[str, object],
    says: str,
) -> None:
    with nothing_changes(), pytest.raises(Refused, match=says):
        create(monkeypatch, typed=typed, **options)


def test_the_same_person_twice(administrators: None, monkeypatch: pytest.MonkeyPatch) -> None:
    create(monkeypatch, typed=STRONG)

    with nothing_changes(), pytest.raises(Refused, match="is console staff already"):
        create(monkeypatch, typed=STRONG)


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def ask(monkeypatch: pytest.MonkeyPatch, *answers: str) -> str:
    given = iter(answers)
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr(create_staff, "getpass", lambda prompt: next(given))
    return create_staff.ask_twice()


def test_the_password_is_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, STRONG, STRONG) == STRONG


def test_two_passwords_that_differ_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="differ"):
        ask(monkeypatch, STRONG, STRONG + "r")
