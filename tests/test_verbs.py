"""The rules that every verb keeps, tried on every verb."""

import ast
import itertools
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

import billing.services
import tenancy.services
from tenancy.errors import StateConflict
from tenancy.models import Account, AuditEvent, User
from tenancy.records import OwnAccount, ReasonRequired
from tests.digest import changed_since, digest, nothing_changes, refused
from tests.factories import DAY, NOW, REASON, TICKET, make_staff, put
from tests.verbs import VERBS, Arguments, Verb

BLANK_REASONS = ("", "   ", "\n\t", "\u200b", "\u200b\u2060\ufeff", "...", "- / -", "\u3000")

# Arguments that belong to an account.
OWNED = ("payment", "user", "site", "sector", "entry", "approval", "allocation", "note")

name_of = attrgetter("name")
every_verb = pytest.mark.parametrize("verb", VERBS, ids=name_of)
verbs_on_accounts = pytest.mark.parametrize(
    "verb", [verb for verb in VERBS if verb.has_account], ids=name_of
)


class Stop(Exception):
    """Raised in place of a write, as if the power went."""


def call(verb: Verb, arguments: Arguments, *, by: User | None, **overrides: object) -> object:
    who_and_why = {"by": by, "reason": REASON, "ticket_url": TICKET}
    return verb.service(**who_and_why | arguments | overrides)


def account_of(arguments: Arguments) -> Account:
    owners = [arguments.get(name) for name in OWNED]
    found = next((owner.account for owner in owners if owner is not None), None)
    return found or arguments["account"]


def fail_at_write(number: int) -> Callable:
    """A wrapper of the connection that stops at the numbered INSERT, UPDATE or posting."""
    writes = itertools.count(1)

    def wrapper(execute: Callable, sql: str, params: object, many: bool, context: dict) -> object:
        is_write = "post_credit" in sql or sql.lstrip().startswith(("INSERT", "UPDATE", "DELETE"))
        if is_write and next(writes) == number:
            raise Stop
        return execute(sql, params, many, context)

    return wrapper


def stop_at_every_write(verb: Verb, arguments: Arguments, *, by: User) -> int:
    """How many writes the verb makes; none of them stays when the verb stops at it."""
    before = digest()
    for number in itertools.count(1):
        try:
            with connection.execute_wrapper(fail_at_write(number)):
                call(verb, arguments, by=by)
        except Stop:
            assert changed_since(before) == []
        else:
            assert changed_since(before) != []
            return number - 1
    raise AssertionError


@every_verb
def test_a_failure_at_any_write_leaves_nothing_behind(committed: None, verb: Verb) -> None:
    arguments = verb.build(verb.account())

    writes = stop_at_every_write(verb, arguments, by=verb.who(arguments))

    assert writes >= 2


@every_verb
def test_a_blank_reason_and_one_over_1000_characters_are_refused(db: None, verb: Verb) -> None:
    arguments = verb.build(verb.account())
    staff = verb.who(arguments)

    with nothing_changes():
        for reason in BLANK_REASONS:
            with pytest.raises(ReasonRequired, match="Give a reason"):
                call(verb, arguments, by=staff, reason=reason)
        with pytest.raises(ReasonRequired, match="1,001 characters"):
            call(verb, arguments, by=staff, reason="x" * 1001)


@verbs_on_accounts
def test_nobody_acts_on_an_account_they_belong_to(db: None, verb: Verb) -> None:
    account = verb.account()
    arguments = verb.build(account)
    for superuser in (False, True):
        insider = make_staff(account=account, role="viewer", is_superuser=superuser)

        with refused(OwnAccount, says=f"You belong to {account.name}"):
            call(verb, arguments, by=insider)


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.refuses_deleted], ids=name_of)
def test_a_deleted_account_is_refused(db: None, verb: Verb) -> None:
    account = verb.account()
    arguments = verb.build(account)
    put(account, is_deleted=True, deleted_at=NOW, restore_until=NOW + 14 * DAY)
    staff = verb.who(arguments)

    with refused(StateConflict, says="deleted"):
        call(verb, arguments, by=staff)


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.again], ids=name_of)
def test_twice_is_once(db: None, verb: Verb) -> None:
    arguments = verb.build(verb.account())
    staff = verb.who(arguments)
    call(verb, arguments, by=staff)

    with refused(verb.again):
        call(verb, arguments, by=staff)


@every_verb
def test_history_and_audit_say_who_why_and_on_whose_account(db: None, verb: Verb) -> None:
    account = verb.account()
    arguments = verb.build(account)
    staff = verb.who(arguments)
    owner = account_of(arguments) if verb.has_account else None
    newest_event = AuditEvent.objects.order_by("id").values_list("id", flat=True).last() or 0
    newest_rows = {model: _newest(model) for model in _history_models()}

    call(verb, arguments, by=staff)

    events = AuditEvent.objects.filter(id__gt=newest_event)
    if verb.for_another:
        assert events.exclude(actor=staff).exists()
        events = events.filter(actor=staff)
    assert events
    for event in events:
        assert (event.actor, event.actor_label) == (staff, staff.email)
        assert event.reason == REASON
        assert event.ticket_url == TICKET
        assert event.result == AuditEvent.Result.DONE
        assert event.before != event.after
    for model, newest in newest_rows.items():
        for row in model.objects.filter(history_id__gt=newest):
            assert (row.history_user, row.history_change_reason) == (staff, REASON)
    if verb.has_account:
        assert owner == account
        assert events.filter(account=account).exists()
        assert not AuditEvent.objects.filter(account=None).exists()


def test_the_table_of_verbs_is_complete() -> None:
    known = {verb.service for verb in VERBS}

    missing = [
        f"{path.stem}.{function.name}"
        for package in (tenancy.services, billing.services)
        for path in sorted(Path(package.__path__[0]).glob("*.py"))
        for function in ast.parse(path.read_text()).body
        if isinstance(function, ast.FunctionDef) and not function.name.startswith("_")
        if {"by", "reason"} <= {argument.arg for argument in function.args.kwonlyargs}
        if f"{path.stem}.{function.name}" not in {verb.name for verb in VERBS}
    ]

    assert len(known) == len(VERBS)
    # These run inside a verb's transaction and are tried through it.
    assert missing == [
        "lifecycle.move",
        "plans.create_free_trial",
        "users.add",
        "users.lock_out",
        "activations.activate",
        "allocations.place",
        "allocations.undo",
        "bank_transfers.ask_for",
        "bookings.book",
        "confirmations.complete",
        "invoices.issue",
        "invoices.settle",
        "ledger.post",
        "line_events.record_line",
        "subscriptions.extend",
        "subscriptions.put_back",
    ]


def _history_models() -> list[type]:
    models = [
        *apps.get_app_config("tenancy").get_models(),
        *apps.get_app_config("billing").get_models(),
    ]
    return [model for model in models if hasattr(model, "history_object")]


def _newest(model: type) -> int:
    return model.objects.order_by("history_id").values_list("history_id", flat=True).last() or 0
