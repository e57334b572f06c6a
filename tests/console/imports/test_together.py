"""Two people at once, in transactions that really commit."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from console.imports import files
from console.imports.accounts import AccountImporter
from console.imports.carry_out import AlreadyImported, ImportUnderWay, PreviewOutdated
from console.imports.outcome import RowOutcome
from console.models import ImportFile, ImportKind
from tenancy.errors import ServiceError
from tenancy.models import Account, AuditEvent, User
from tenancy.services import accounts
from tests.console.imports.builders import accounts_csv, previewed, staged
from tests.factories import NOW, REASON, make_account, make_plan, make_staff

CONTENT = accounts_csv("shop,Shop,starter,ann@shop.example,,,800", "two,Two,starter,,,,")


def _confirm(file: ImportFile, by: User, start: Barrier) -> type[ServiceError] | None:
    start.wait()
    try:
        files.confirm(
            import_file=ImportFile.objects.get(pk=file.pk),
            fingerprint=file.fingerprint,
            by=by,
            reason=REASON,
            now=NOW,
        )
    except ServiceError as refusal:
        return type(refusal)
    finally:
        connections.close_all()
    return None


def _both(*work: tuple[ImportFile, User]) -> list[type[ServiceError] | None]:
    start = Barrier(len(work))
    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(lambda one: _confirm(*one, start), work))


@pytest.fixture
def people(committed: None) -> list[User]:
    make_plan(slug="starter")
    return [make_staff("Finance"), make_staff("Finance")]


def test_two_people_confirm_one_file_at_once(people):
    file, _ = previewed(CONTENT, kind=ImportKind.ACCOUNTS, by=people[0])

    answers = _both((file, people[0]), (file, people[1]))

    assert sorted(answers, key=str) == [AlreadyImported, None]
    assert Account.objects.count() == 2
    assert AuditEvent.objects.filter(verb="accounts_imported").count() == 1


def test_two_files_with_the_same_new_accounts_at_once(people):
    first, _ = previewed(CONTENT, kind=ImportKind.ACCOUNTS, by=people[0])
    second, _ = previewed(CONTENT + b"\n", kind=ImportKind.ACCOUNTS, by=people[1])

    answers = _both((first, people[0]), (second, people[1]))

    # The later one meets the other at work, or what that one made.
    (refusal,) = {*answers} - {None}
    assert refusal in (ImportUnderWay, PreviewOutdated)
    assert Account.objects.count() == 2
    late = first if answers[0] else second
    with pytest.raises(PreviewOutdated):
        files.confirm(
            import_file=late, fingerprint=late.fingerprint, by=people[0], reason=REASON, now=NOW
        )


def test_a_preview_holds_no_lock_on_the_accounts_it_looked_at(people, monkeypatch):
    """While a long preview runs, support goes on working on the accounts in the file."""
    make_account(slug="home-g8", name="Home")
    file = staged(
        accounts_csv("home-g8,Home G8,,,,,", "shop,Shop,starter,,,,"), kind=ImportKind.ACCOUNTS
    )
    foresee = AccountImporter.foresee

    def support() -> None:
        try:
            account = Account.objects.get(slug="home-g8")
            accounts.edit(account=account, changes={"name": "Ours"}, by=None, reason=REASON)
        finally:
            connections.close_all()

    def foresee_after_support(self: AccountImporter, *, line: int, **facts: object) -> RowOutcome:
        if line == 3:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(support).result(timeout=10)
        return foresee(self, line=line, **facts)

    monkeypatch.setattr(AccountImporter, "foresee", foresee_after_support)

    files.preview(import_file=file, by=people[0], now=NOW)

    assert Account.objects.get(slug="home-g8").name == "Ours"
