"""Answers where no view was reached: problem+json under /api/, Django's pages elsewhere."""

from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.views import csrf, defaults
from django.views.decorators.csrf import csrf_exempt

from console.middleware import View, is_api
from tenancy.api.codes import Code
from tenancy.api.problems import ApiError, answer


@csrf_exempt
def no_such_call(request: HttpRequest, **_: str) -> HttpResponse:
    """The end of the API's addresses. Without it, a missing slash would be a redirect."""
    return answer(ApiError(Code.NOT_FOUND), request)


def read_only(view: View) -> View:
    """A plain view beside the API's: GET and HEAD, and a problem for every other method."""

    # Nothing is changed here; a page about CSRF would be the answer to another question.
    @csrf_exempt
    @wraps(view)
    def read(request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return view(request)
        refusal = answer(ApiError(Code.METHOD_NOT_ALLOWED), request)
        refusal["Allow"] = "GET, HEAD"
        return refusal

    return read


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return answer(ApiError(Code.VALIDATION_ERROR), request)
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return answer(ApiError(Code.PERMISSION_DENIED), request)
    return defaults.permission_denied(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if is_api(request):
        return answer(ApiError(Code.CSRF_FAILED), request)
    return csrf.csrf_failure(request, reason)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return answer(ApiError(Code.NOT_FOUND), request)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """The request's id is all that is told; the log has the rest under it."""
    if is_api(request):
        return answer(ApiError(Code.INTERNAL_ERROR), request)
    return defaults.server_error(request)
