"""The state of the schema, and the company's own accounts."""

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from console.survey.figures import Figures
from console.survey.markdown import bullets, cell, count, number
from tenancy.models import Account

OUR_APPS = ("tenancy", "billing", "console")


def schema() -> list[str]:
    applied = MigrationRecorder(connection).applied_migrations()
    newest = {
        app: max((name for a, name in applied if a == app), default="none") for app in OUR_APPS
    }
    return [
        "## Database Schema State",
        *bullets(f"Current migration of {app}: {name}" for app, name in newest.items()),
    ]


def accounts(figures: Figures) -> list[str]:
    lines = [
        f"{cell(account.slug)} (id: {account.pk}), plan {cell(account.plan.slug)}: "
        f"{count(account.credits, 'credit')} remaining{_opening(account)}, "
        f"{count(account.credit_balance.sequence, 'credit transaction')}, "
        f"{count(account.site_count, 'site')}"
        for account in figures.system_accounts
    ]
    return ["## System Accounts", *bullets(lines or ["None"])]


def _opening(account: Account) -> str:
    return f" (from {number(account.opening)})" if account.opening else ""
