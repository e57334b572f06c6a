"""The calls of WHO: signing in, plans, people, sites, the WordPress plugin."""

from django.urls import path

from tenancy.api import (
    industries,
    passwords,
    plans,
    sectors,
    sign_in,
    site_users,
    sites,
    users,
    wordpress,
)

urlpatterns = [
    path("auth/login/", sign_in.LoginView.as_view()),
    path("auth/refresh/", sign_in.RefreshView.as_view()),
    path("auth/logout/", sign_in.LogoutView.as_view()),
    path("auth/accept/", sign_in.AcceptView.as_view()),
    path("auth/password/", passwords.PasswordView.as_view()),
    path("auth/forgot/", passwords.ForgotView.as_view()),
    path("auth/me/", sign_in.MeView.as_view()),
    path("plans/", plans.PlansView.as_view()),
    path("industries/", industries.IndustriesView.as_view()),
    path("users/", users.UsersView.as_view()),
    path("users/<str:user_id>/", users.UserView.as_view()),
    path("users/<str:user_id>/deactivate/", users.DeactivateUserView.as_view()),
    path("users/<str:user_id>/reactivate/", users.ReactivateUserView.as_view()),
    path("users/<str:user_id>/make-owner/", users.MakeOwnerView.as_view()),
    path("sites/", sites.SitesView.as_view()),
    path("sites/<str:site_id>/", sites.SiteView.as_view()),
    path("sites/<str:site_id>/api-key/", sites.SiteKeyView.as_view()),
    path("sites/<str:site_id>/sectors/", sectors.SectorsView.as_view()),
    path("sites/<str:site_id>/sectors/<str:sector_id>/", sectors.SectorView.as_view()),
    path("sites/<str:site_id>/users/", site_users.SiteUsersView.as_view()),
    path("sites/<str:site_id>/users/<str:user_id>/", site_users.SiteUserView.as_view()),
    path("wordpress/site/", wordpress.ConnectedSiteView.as_view()),
    path("wordpress/sync-events/", wordpress.SyncEventsView.as_view()),
]
