"""Every address of the JSON API, read from the URL conf."""

import re

from django.urls import get_resolver

from tenancy.api.views import ApiView
from tests.api.world import ROOT

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
NOBODYS_ID = "987654321"


def paths() -> dict[str, type[ApiView]]:
    """Every address under /api/v1/, ids as <id>, with its view."""
    (root,) = [p for p in get_resolver().url_patterns if str(p.pattern) == ROOT.lstrip("/")]
    return {
        re.sub(r"<\w+:\w+>", "<id>", str(pattern.pattern)): pattern.callback.view_class
        for pattern in root.url_patterns
    }


def operations() -> set[tuple[str, str]]:
    return {
        (method, path)
        for path, view in paths().items()
        for method in METHODS
        if hasattr(getattr(view, method.lower(), None), "operation")
    }
