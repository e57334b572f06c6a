"""A body that comes without its length (`Transfer-Encoding: chunked`) is a body like any other."""

import io

from django.conf import settings
from rest_framework.request import Request

from tenancy.api.codes import Code
from tenancy.api.counters import Count
from tenancy.api.parsing import malformed
from tenancy.api.problems import ApiError

NO_LENGTH = "This server cannot tell where the body ends: send it with its Content-Length."


class ApiRequest(Request):
    """DRF's, which takes a body without a Content-Length for no body at all."""

    # This call's number, where the statement that read who calls has counted it.
    counted: Count | None = None

    def _load_stream(self) -> None:
        if "HTTP_TRANSFER_ENCODING" in self._request.META:
            raw = _read(self._request.META)
            self._stream = io.BytesIO(raw) if raw else None
        else:
            super()._load_stream()


def _read(environ: dict[str, object]) -> bytes:
    """One byte more than is allowed, so that the parser sees what is too large."""
    if not environ.get("wsgi.input_terminated"):
        fault = {"header": "Transfer-Encoding", "code": "length_required", "detail": NO_LENGTH}
        raise ApiError(Code.VALIDATION_ERROR, NO_LENGTH, errors=[fault])
    try:
        return environ["wsgi.input"].read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    except Exception:  # every server has errors of its own for what is cut off or wrongly chunked
        raise malformed("it did not come whole") from None
