"""Trials: extended by days of 24 hours, and over at their end to the microsecond."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections

from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import Account, AccountStatus, SuspensionReason, User
from tenancy.services import lifecycle
from tests.digest import nothing_changes, refused
from tests.factories import DAY, NOW, REASON, expire_trials, make_account, put

S = AccountStatus


MICROSECOND = timedelta(microseconds=1)


def extend(
    account: Account, *, by: User | None = None, days: object = 7, now: datetime = NOW
) -> Account:
    return lifecycle.extend_trial(account=account, days=days, by=by, reason=REASON, now=now)


@pytest.fixture
def session_in_london(db: None) -> Iterator[None]:
    """The database's session in a zone with summer time, as a managed server may have it."""

    def use(zone: str | None) -> None:
        database = connections["default"]
        database.settings_dict["TIME_ZONE"] = zone
        for name in ("timezone", "timezone_name"):
            database.__dict__.pop(name, None)
        database.ensure_timezone()

    use("Europe/London")
    yield
    use(None)


def test_a_running_trial_is_extended_from_its_end(db: None) -> None:
    account = make_account(trial_ends_at=NOW + 3 * DAY)

    extend(account, days=7)

    account.refresh_from_db()
    assert (account.status, account.trial_ends_at) == (S.TRIAL, NOW + 10 * DAY)
    assert account.status_changed_at == NOW - 3 * DAY


def test_a_trial_that_is_over_is_extended_from_now(db: None) -> None:
    account = make_account(trial_ends_at=NOW - 3 * DAY)

    extend(account, days=7)

    account.refresh_from_db()
    assert account.trial_ends_at == NOW + 7 * DAY


def test_an_expired_trial_works_again(db: None) -> None:
    account = make_account(
        status=S.SUSPENDED,
        status_reason=SuspensionReason.TRIAL_EXPIRED,
        status_before=S.TRIAL,
        trial_ends_at=NOW - 3 * DAY,
    )

    extend(account, days=1)

    account.refresh_from_db()
    assert (account.status, account.status_reason, account.status_before) == (S.TRIAL, "", "")
    assert (account.trial_ends_at, account.status_changed_at) == (NOW + DAY, NOW)


@pytest.mark.parametrize(
    "facts",
    [
        {"status": S.PENDING_PAYMENT},
        {"status": S.ACTIVE},
        {"status": S.CANCELLED},
        {"status": S.SUSPENDED, "status_reason": SuspensionReason.MANUAL},
        {"status": S.SUSPENDED, "status_reason": SuspensionReason.ABUSE},
        {"status": S.SUSPENDED, "status_reason": SuspensionReason.PAYMENT_FAILED},
        {"status": S.TRIAL, "trial_ends_at": None},
    ],
    ids=lambda facts: " ".join(str(value) for value in facts.values()),
)
def test_no_other_account_gets_a_longer_trial(db: None, facts: dict[str, object]) -> None:
    account = make_account(**facts)

    with refused(StateConflict):
        extend(account)


@pytest.mark.parametrize("days", [0, -1, 91, True, 1.5, float("nan"), "7", None])
def test_a_trial_is_extended_by_whole_days_from_1_to_90(db: None, days: object) -> None:
    account = make_account()

    with refused(InvalidValue, says="1 to 90 days"):
        extend(account, days=days)


@pytest.mark.parametrize("month", [3, 10], ids=["spring", "autumn"])
def test_a_trial_day_has_24_hours_whatever_the_sessions_time_zone(
    session_in_london: None, month: int
) -> None:
    # The clocks of London change on 30 March and 26 October 2025.
    now = datetime(2025, month, 24, 12, tzinfo=UTC)
    account = make_account(trial_ends_at=now)

    extend(account, days=7, now=now)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('TimeZone'), trial_ends_at - %s FROM igny8_tenants", [now]
        )
        assert cursor.fetchall() == [("Europe/London", timedelta(hours=7 * 24))]


def test_expiry_begins_exactly_at_the_end(db: None) -> None:
    account = make_account(trial_ends_at=NOW)

    with nothing_changes():
        assert expire_trials(NOW - MICROSECOND) == []
    assert account.trial_is_running(NOW - MICROSECOND)
    assert not account.trial_is_running(NOW)
    assert expire_trials(NOW) == [account]


def test_a_trial_is_still_running_one_microsecond_before(db: None) -> None:
    make_account(trial_ends_at=NOW + MICROSECOND)

    with nothing_changes():
        assert expire_trials(NOW) == []


def test_an_expired_trial_is_suspended_by_the_system_with_the_reason(db: None) -> None:
    account = make_account(trial_ends_at=NOW - DAY)

    expire_trials(NOW)

    account.refresh_from_db()
    event = account.audit_events.get()
    assert (account.status, account.status_reason) == (S.SUSPENDED, SuspensionReason.TRIAL_EXPIRED)
    assert (account.status_before, account.status_changed_at) == (S.TRIAL, NOW)
    assert (event.verb, event.actor, event.actor_label) == ("trial_expired", None, "system")
    assert event.reason == "The trial ended on 2025-11-11 09:30 UTC."
    assert account.history.latest().history_change_reason == event.reason


def test_expiring_again_changes_nothing(db: None) -> None:
    make_account(trial_ends_at=NOW - DAY)
    expire_trials(NOW)

    with nothing_changes():
        assert expire_trials(NOW + DAY) == []


@pytest.mark.parametrize(
    "facts",
    [
        {"exempt_from_suspension": True},
        {"is_system": True},
        {"is_deleted": True, "deleted_at": NOW, "restore_until": NOW},
        {"trial_ends_at": None},
        *({"status": status} for status in S if status != S.TRIAL),
    ],
    ids=lambda facts: " ".join(map(str, facts)) + str(facts.get("status", "")),
)
def test_other_accounts_do_not_expire(db: None, facts: dict[str, object]) -> None:
    make_account(**{"trial_ends_at": NOW - DAY} | facts)

    with nothing_changes():
        assert expire_trials(NOW) == []


MEANWHILE = {
    "extended": {"trial_ends_at": NOW + DAY},
    "without an end": {"trial_ends_at": None},
    "paid": {"status": S.ACTIVE},
    "waits for a payment": {"status": S.PENDING_PAYMENT},
    "exempted": {"exempt_from_suspension": True},
    "deleted": {"is_deleted": True, "deleted_at": NOW, "restore_until": NOW},
}


@pytest.mark.parametrize("change", MEANWHILE.values(), ids=MEANWHILE.keys())
def test_what_happened_since_the_list_was_read_counts(
    db: None, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    account = make_account(trial_ends_at=NOW - DAY)
    lock = lifecycle.lock

    def lock_after_the_change(instance: object) -> None:
        put(account, **change)
        lock(instance)

    monkeypatch.setattr(lifecycle, "lock", lock_after_the_change)

    assert expire_trials(NOW) == []
    account.refresh_from_db()
    assert account.status == change.get("status", S.TRIAL)
