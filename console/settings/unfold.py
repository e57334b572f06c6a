"""The look of the staff screens: names, colors, styles. The menu is in navigation.py."""

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static

from console.settings.navigation import NAVIGATION, TABS


def environment(request: HttpRequest) -> list[str] | None:
    """The badge beside the site's name: nobody takes the demo for the real thing."""
    return ["Demo", "warning"] if settings.DEMO else None


# Blue. 400 and 500 are lighter than usual: dark mode writes links in them on nearly black.
PRIMARY = {
    "50": "oklch(97% .014 254.6)",
    "100": "oklch(93.2% .032 255.6)",
    "200": "oklch(88.2% .059 254.1)",
    "300": "oklch(82.5% .095 251.8)",
    "400": "oklch(77% .125 252)",
    "500": "oklch(71% .15 254)",
    "600": "oklch(52% .22 262)",
    "700": "oklch(46% .21 264)",
    "800": "oklch(40% .18 265.6)",
    "900": "oklch(36% .14 265.5)",
    "950": "oklch(28.2% .091 267.9)",
}

UNFOLD = {
    "SITE_TITLE": "IGNY8 operations",
    "SITE_HEADER": "IGNY8 operations",
    "SITE_SYMBOL": "support_agent",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("console/favicon.svg"),
        }
    ],
    "ENVIRONMENT": environment,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    # Off: the warnings are for the developer of a theme.
    "SHOW_UI_WARNINGS": False,
    "BORDER_RADIUS": "6px",
    "COLORS": {"primary": PRIMARY},
    "STYLES": [
        lambda request: static("console/lists.css"),
        lambda request: static("console/detail.css"),
        lambda request: static("console/list_columns.css"),
        lambda request: static("console/saved_views.css"),
        lambda request: static("console/dashboard.css"),
        lambda request: static("console/console.css"),
        lambda request: static("console/header.css"),
        lambda request: static("console/reconcile.css"),
    ],
    "SCRIPTS": [
        lambda request: static("console/ops.js"),
        lambda request: static("console/lists.js"),
    ],
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": NAVIGATION,
    },
    "TABS": TABS,
    # Pages that are no model's: address, name, view.
    "SITE_VIEWS": [
        ("help/", "help", "console.help.pages.FirstDay"),
        ("views/", "saved_views", "console.saved_views.pages.Views"),
        ("columns/", "columns", "console.list_columns.pages.Columns"),
        ("find/", "find", "console.find.Find"),
        ("reconcile/", "reconcile", "console.reconcile.pages.Queue"),
        ("reconcile/result/", "reconcile_result", "console.reconcile.pages.Result"),
        ("reconcile/<int:line_id>/", "reconcile_line", "console.reconcile.pages.LinePage"),
        ("reports/", "reports", "console.reports.pages.ReportList"),
        ("reports/<slug:name>/", "report", "console.reports.pages.ReportPage"),
        ("reports/<slug:name>/export/", "report_export", "console.reports.pages.ReportExport"),
    ],
    # The site's own search answers Ctrl+K. No history: it would stay in the browser of a shared
    # machine, with customers' e-mails in it.
    "COMMAND": {"search_models": False, "show_history": False},
}
