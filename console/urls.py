"""Where everything is."""

from django.urls import path
from django.views.generic import RedirectView

import console.admin  # noqa: F401 - registers the screens
from console import health
from console.passwords import SetPassword
from console.site import site

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/")),
    path(
        "admin/set-password/<uidb64>/<token>/",
        SetPassword.as_view(),
        name="set-password",
    ),
    path("admin/", site.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]
