"""Who is calling, in one query each: a person with account and plan, or a key with its site.

The query that reads a person can count the call as well.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.base import ModelState
from django.utils.functional import cached_property

from tenancy.api.counters import COUNT_WHO, Count
from tenancy.models import Account, ApiKey, Plan, Site, User
from tenancy.round_trip import one_row


class Join:
    """One SELECT over joined tables, each row made into one object of every model.

    The ORM spends more time on building such a query and its objects than PostgreSQL on answering
    it, and this one runs on every request. So the SQL is built once, and asks for what most calls
    look at; whatever else a call looks at is loaded then, as after `only()`.
    """

    def __init__(self, tables: str, *parts: tuple[str, type[models.Model], str]) -> None:
        self.tables = tables
        self.parts = parts

    @cached_property
    def columns(self) -> list[tuple[str, type[models.Model], list[models.Field]]]:
        """In the order of the model's own fields: the id is first."""
        return [
            (alias, model, sorted(model._meta.get_field(name) for name in names.split()))
            for alias, model, names in self.parts
        ]

    @cached_property
    def slices(self) -> list[tuple[type[models.Model], list[str], slice]]:
        """Which part of a row makes which model, from which attributes."""
        found, start = [], 0
        for _, model, fields in self.columns:
            end = start + len(fields)
            found.append((model, [field.attname for field in fields], slice(start, end)))
            start = end
        return found

    @cached_property
    def sql(self) -> str:
        names = [f'{alias}."{field.column}"' for alias, _, fs in self.columns for field in fs]
        return f"SELECT {', '.join(names)} FROM {self.tables}"  # noqa: S608 - names of ours

    @cached_property
    def counting_sql(self) -> str:
        """The same, and the call counted for the account that was found."""
        return (
            f"WITH who AS ({self.sql}), counted AS ({COUNT_WHO})"  # noqa: S608 - names of ours
            " SELECT who.*, counted.* FROM who LEFT JOIN counted ON true"
        )

    def first(self, *parameters: object) -> list[models.Model | None] | None:
        """The objects of the first row; None for a table that had none to join."""
        row = one_row(self.sql, parameters, is_repeatable=True)
        return None if row is None else self._objects(row)

    def first_counted(
        self, *parameters: object
    ) -> tuple[list[models.Model | None] | None, Count | None]:
        """The same by `counting_sql`, whose last parameters are the key's beginning and seconds.

        To be sent again where the connection is gone can count a call twice, and no more than that.
        """
        row = one_row(self.counting_sql, parameters, is_repeatable=True)
        if row is None:
            return None, None
        *_, calls, seconds_left = row
        return self._objects(row), None if calls is None else Count(calls, seconds_left)

    def _objects(self, row: tuple) -> list[models.Model | None]:
        return [
            _made(model, zip(names, row[part], strict=True)) if row[part.start] else None
            for model, names, part in self.slices
        ]


def _made(model: type[models.Model], values: Iterable[tuple[str, object]]) -> models.Model:
    """As `from_db` would, without asking each field of the model: that took a fourteenth of a
    call's time. As when it is unpickled, the constructor has no part in it.
    """
    made = model.__new__(model)
    made._state = ModelState()
    made._state.adding, made._state.db = False, DEFAULT_DB_ALIAS
    made.__dict__.update(values)
    return made


# What the gate, the roles and the answers of sign-in, site and account look at.
_USER = "id password last_login token_stamp email name account role is_superuser is_staff"
_USER += " is_active date_joined"
_ACCOUNT = "id name slug owner plan is_system status status_reason trial_ends_at"
_ACCOUNT += " exempt_from_suspension is_deleted"
_PLAN = "id name slug included_credits max_sites max_users features is_active"
_KEY = "id account site expires_at revoked_at last_used_at"
_SITE = "id account industry name slug domain is_active status wp_url wp_username"
_SITE += " created_at updated_at"

PERSON = Join(
    "igny8_users u"
    " LEFT JOIN igny8_tenants a ON a.id = u.account_id"
    " LEFT JOIN igny8_plans p ON p.id = a.plan_id"
    " WHERE u.id = %s",
    ("u", User, _USER),
    ("a", Account, _ACCOUNT),
    ("p", Plan, _PLAN),
)
KEY = Join(
    "igny8_site_api_keys k"
    " JOIN igny8_sites s ON s.id = k.site_id"
    " JOIN igny8_tenants a ON a.id = k.tenant_id"
    " LEFT JOIN igny8_plans p ON p.id = a.plan_id"
    " WHERE k.key_hash = %s",
    ("k", ApiKey, _KEY),
    ("s", Site, _SITE),
    ("a", Account, _ACCOUNT),
    ("p", Plan, _PLAN),
)


def person(user_id: int) -> User | None:
    """A user with account and plan, whatever their state."""
    return _person(PERSON.first(user_id))


def counted_person(user_id: int, *, key: str, seconds: int) -> tuple[User | None, Count | None]:
    """The same, and this call counted under `key` and their account's id, if they have one."""
    found, counted = PERSON.first_counted(user_id, key, seconds)
    return _person(found), counted


def _person(found: list[models.Model | None] | None) -> User | None:
    if found is None:
        return None
    user, account, plan = found
    if account is not None:
        account.plan = plan
    user.account = account
    return user


def key(key_hash: str) -> ApiKey | None:
    """A key with its site, account and plan, whatever their state."""
    found = KEY.first(key_hash)
    if found is None:
        return None
    api_key, site, account, plan = found
    account.plan = plan
    api_key.account = site.account = account
    api_key.site = site
    return api_key


def touch(api_key: ApiKey, *, now: datetime, every: int) -> None:
    """Note that a key was used, once in `every` seconds whoever else uses it."""
    last = api_key.last_used_at
    if last is None or (now - last).total_seconds() >= every:
        ApiKey.objects.filter(pk=api_key.pk, last_used_at=last).update(last_used_at=now)
