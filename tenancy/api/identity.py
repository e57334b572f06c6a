"""Who is calling, in one query each: a person with account and plan, or a key with its site."""

from datetime import datetime

from django.db import models
from django.utils.functional import cached_property

from tenancy.models import Account, ApiKey, Plan, Site, User
from tenancy.round_trip import one_row


class Join:
    """One SELECT over joined tables, each row made into one object of every model.

    The ORM spends more time on building such a query and its objects than PostgreSQL on answering
    it, and this one runs on every request. So the SQL is built once.
    """

    def __init__(self, tables: str, *parts: tuple[str, type[models.Model]]) -> None:
        self.tables = tables
        self.parts = parts

    @cached_property
    def columns(self) -> list[tuple[str, type[models.Model], list[models.Field]]]:
        """Without columns that must be converted (a site's password): they load when asked for."""
        return [
            (
                alias,
                model,
                [f for f in model._meta.concrete_fields if not hasattr(f, "from_db_value")],
            )
            for alias, model in self.parts
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

    def first(self, *parameters: object) -> list[models.Model | None] | None:
        """The objects of the first row; None for a table that had none to join."""
        row = one_row(self.sql, parameters, is_repeatable=True)
        if row is None:
            return None
        found = []
        for model, names, part in self.slices:
            values = row[part]
            # Every model of ours has its id first.
            found.append(model.from_db("default", names, values) if values[0] else None)
        return found


PERSON = Join(
    "igny8_users u"
    " LEFT JOIN igny8_tenants a ON a.id = u.account_id"
    " LEFT JOIN igny8_plans p ON p.id = a.plan_id"
    " WHERE u.id = %s",
    ("u", User),
    ("a", Account),
    ("p", Plan),
)
KEY = Join(
    "igny8_site_api_keys k"
    " JOIN igny8_sites s ON s.id = k.site_id"
    " JOIN igny8_tenants a ON a.id = k.tenant_id"
    " LEFT JOIN igny8_plans p ON p.id = a.plan_id"
    " WHERE k.key_hash = %s",
    ("k", ApiKey),
    ("s", Site),
    ("a", Account),
    ("p", Plan),
)


def person(user_id: int) -> User | None:
    """A user with account and plan, whatever their state."""
    found = PERSON.first(user_id)
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
