"""Where everything is."""

from django.urls import include, path, re_path
from django.views.generic import RedirectView

import billing.api.urls
import console.admin  # noqa: F401 - registers the screens
import tenancy.api.urls
from console import api_docs, errors, health
from console.passwords import SetPassword
from console.site import site

urlpatterns = [
    # First, because the paths are tried in this order and most requests are calls.
    path("api/v1/", include([*billing.api.urls.urlpatterns, *tenancy.api.urls.urlpatterns])),
    path("", RedirectView.as_view(url="/admin/")),
    path(
        "admin/set-password/<uidb64>/<token>/",
        SetPassword.as_view(),
        name="set-password",
    ),
    path("admin/", site.urls),
    path("api/schema/", api_docs.schema),
    path("api/docs/", api_docs.page),
    path("api/docs/errors/", api_docs.errors),
    re_path(r"^api/", errors.no_such_call),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]

handler400 = "console.errors.bad_request"
handler403 = "console.errors.forbidden"
handler404 = "console.errors.not_found"
handler500 = "console.errors.server_error"
