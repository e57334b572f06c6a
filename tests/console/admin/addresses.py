"""Every address of the staff site, from its own resolver, and who may open it by the groups."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import quote
from django.db import models
from django.urls import URLPattern

from billing.models import StatementLine
from console.admin.base import ConsoleAdmin
from console.groups import GROUPS
from console.site import site


class Kind(Enum):
    OPEN = auto()  # for anybody: signing in and out, scripts
    OWN = auto()  # for every login of staff: their own work and password
    PARTS = auto()  # what pages fetch: each answers by the rights on what it is asked for
    VIEW = auto()
    VERB = auto()
    NEVER = auto()  # Django's own forms: nobody, superusers neither
    LEADS_ON = auto()
    EXPORT = auto()
    IMPORT = auto()


# Everything that is no model's. A new address must be put here, or its tests fail.
SITE_WIDE = {
    "index": Kind.OWN,
    "login": Kind.OPEN,
    "logout": Kind.OPEN,
    "jsi18n": Kind.OPEN,
    "password_change": Kind.OWN,
    "password_change_done": Kind.OWN,
    "search": Kind.PARTS,
    "autocomplete": Kind.PARTS,
    "view_on_site": Kind.PARTS,
    "app_list": Kind.PARTS,
    "help": Kind.OWN,
    "saved_views": Kind.OWN,
    "columns": Kind.PARTS,
    "find": Kind.OWN,
    "mails": Kind.OWN,
    "mail_html": Kind.OWN,
}
# Pages of their own about a model's objects, and the right to open them.
PAGES = {
    "reconcile": ("billing.view_statementline", StatementLine),
    "reconcile_result": ("billing.view_statementline", StatementLine),
    "reconcile_line": ("billing.view_statementline", StatementLine),
}
OF_MODELS = {
    "changelist": Kind.VIEW,
    "change": Kind.VIEW,
    "history": Kind.VIEW,
    "history_row": Kind.LEADS_ON,
    "add": Kind.NEVER,
    "delete": Kind.NEVER,
    "export": Kind.EXPORT,
    "timeline_export": Kind.EXPORT,
    "import": Kind.IMPORT,
    "import_template": Kind.IMPORT,
    "import_current": Kind.IMPORT,
    "import_file": Kind.IMPORT,
    "import_check": Kind.IMPORT,
    "import_read": Kind.IMPORT,
    "import_confirm": Kind.IMPORT,
    "import_progress": Kind.IMPORT,
    "import_cancel": Kind.IMPORT,
    "import_again": Kind.IMPORT,
    "import_errors": Kind.IMPORT,
    "import_changes": Kind.IMPORT,
    "print": Kind.VIEW,
    "pdf": Kind.VIEW,
}
REPORTS = {
    "reports": (Kind.VIEW, "billing.view_report"),
    "report": (Kind.VIEW, "billing.view_report"),
    "report_export": (Kind.EXPORT, "billing.export_report"),
}

# Where an address has the object's key.
PLACES = ("<path:object_id>", "<int:file_id>", "<int:object_id>", "<int:line_id>", "<str:row>")


class Unclassified(Exception):
    """An address that no test knows: say in the tables above who may open it."""


@dataclass(frozen=True)
class Address:
    route: str
    name: str
    kind: Kind
    model_admin: ModelAdmin | None = None
    permission: str = ""
    # Another right that is enough too.
    or_permission: str = ""

    def path(self, target: models.Model | None) -> str:
        """The address with a real object in it, or with a number that none has."""
        filled = self.route
        key = quote(target.pk) if target is not None else "0"
        for part in PLACES:
            filled = filled.replace(part, str(key))
        filled = filled.replace("<slug:name>", "cash")
        return f"/admin/{filled}"


def all_addresses() -> list[Address]:
    return [_classified(pattern) for pattern in _patterns(site.get_urls())]


def of_kind(*kinds: Kind) -> list[Address]:
    return [address for address in all_addresses() if address.kind in kinds]


def permissions_of(group_name: str) -> set[str]:
    """What the table of groups gives: its verbs, and seeing every model."""
    group = next(group for group in GROUPS if group.name == group_name)
    views = {_view(model_admin) for model_admin in site._registry.values()}
    return {*group.verbs, *views, "billing.view_report"}


def _patterns(urls: list, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for url in urls:
        route = prefix + str(url.pattern)
        if isinstance(url, URLPattern):
            yield route, url
        else:
            yield from _patterns(url.url_patterns, route)


def _classified(found: tuple[str, URLPattern]) -> Address:
    route, pattern = found
    name = pattern.name or ""
    for model_admin in site._registry.values():
        prefix = f"{model_admin.opts.app_label}_{model_admin.opts.model_name}_"
        own = f"{model_admin.opts.app_label}/{model_admin.opts.model_name}/"
        if route.startswith(own):
            return _of_model(route, name.removeprefix(prefix), model_admin)
    if name in REPORTS:
        kind, permission = REPORTS[name]
        return Address(route, name, kind, permission=permission)
    if name in PAGES:
        permission, model = PAGES[name]
        return Address(route, name, Kind.VIEW, site.get_model_admin(model), permission)
    if name in SITE_WIDE:
        return Address(route, name, SITE_WIDE[name])
    if route == "(?P<url>.*)$":
        return Address("no/such/page/", "catch_all", Kind.PARTS)
    raise Unclassified(f"{route} ({name})")


def _of_model(route: str, name: str, model_admin: ConsoleAdmin) -> Address:
    verbs = {verb.name: verb for verb in (*model_admin.verbs, *model_admin.list_verbs)}
    opts = model_admin.opts
    if name in verbs:
        return Address(route, name, Kind.VERB, model_admin, verbs[name].permission)
    if not name:
        return Address(route, "to_change", Kind.LEADS_ON, model_admin, _view(model_admin))
    kind = OF_MODELS.get(name)
    if kind is None:
        raise Unclassified(f"{route} ({name})")
    permission = {
        Kind.EXPORT: f"{opts.app_label}.export_{opts.model_name}",
        Kind.IMPORT: f"{opts.app_label}.import_{opts.model_name}",
    }.get(kind, _view(model_admin))
    or_permission = "tenancy.export_auditevent" if name == "timeline_export" else ""
    return Address(route, name, kind, model_admin, permission, or_permission)


def _view(model_admin: ModelAdmin) -> str:
    return f"{model_admin.opts.app_label}.view_{model_admin.opts.model_name}"
