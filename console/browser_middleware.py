"""Middleware for whoever comes with a browser. A call of the API that brings no session goes past.

One class each, because Django's and the admin's checks look for each in the settings.
"""

from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponse
from simple_history import middleware as history

from console.middleware import View


def has_no_session(request: HttpRequest) -> bool:
    """A token or key speaks for such a call, and nobody is written a message."""
    return request.path.startswith("/api/v1/") and (
        settings.SESSION_COOKIE_NAME not in request.COOKIES
    )


class GoneBy:
    """In front of a middleware that such a call does not need."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if has_no_session(request):
            return self.get_response(request)
        return super().__call__(request)


class SessionMiddleware(GoneBy, sessions.SessionMiddleware):
    pass


class AuthenticationMiddleware(GoneBy, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(GoneBy, messages.MessageMiddleware):
    pass


class HistoryRequestMiddleware:
    """Names whoever is signed in in the history. What a token does is named by the service."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response
        self.told = history.HistoryRequestMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return (self.get_response if has_no_session(request) else self.told)(request)
