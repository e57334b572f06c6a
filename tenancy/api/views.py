"""What every view of the API shares: the order of its checks, and answers that nobody keeps."""

from django.http import HttpRequest
from rest_framework.exceptions import APIException, MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenancy.api.authentication import (
    ApiKeyAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)
from tenancy.api.calls import Operation
from tenancy.api.chunked import ApiRequest
from tenancy.api.parsing import JSONNegotiation, StrictJSONParser
from tenancy.api.schema import ApiSchema
from tenancy.api.throttling import AccountScopedRateThrottle


class ApiView(APIView):
    """Methods are declared with `operation`; one that is not declared does not exist."""

    # The first one answers an anonymous call: it says how to sign in, so that 401 stays 401.
    authentication_classes = (TokenAuthentication, ApiKeyAuthentication, SessionAuthentication)
    throttle_classes = (AccountScopedRateThrottle,)
    parser_classes = (StrictJSONParser,)
    content_negotiation_class = JSONNegotiation
    schema = ApiSchema()
    http_method_names = ("get", "post", "put", "patch", "delete", "head")
    operation: Operation | None = None
    format_kwarg = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Method, language, who, how often, may they: in this order."""
        handler = getattr(self, request.method.lower(), None)
        self.operation = getattr(handler, "operation", None)
        if self.operation is None:
            raise MethodNotAllowed(request.method)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(
            request
        )
        try:
            self.perform_authentication(request)
        except APIException:
            # Whoever guesses keys and tokens is counted too, by address.
            self.check_throttles(request)
            raise
        self.check_throttles(request)
        self.check_permissions(request)

    def initialize_request(self, request: HttpRequest, *args: object, **kwargs: object) -> Request:
        wrapped = ApiRequest(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )
        wrapped.id = getattr(request, "id", "")
        return wrapped

    def perform_authentication(self, request: Request) -> None:
        if not self.operation.is_public:
            super().perform_authentication(request)

    def get_permissions(self) -> list[BasePermission]:
        return [right() for right in self.operation.rights]

    def finalize_response(
        self, request: Request, response: Response, *args: object, **kwargs: object
    ) -> Response:
        response.headers.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)

    @property
    def allowed_methods(self) -> list[str]:
        declared = [
            name
            for name in self.http_method_names
            if hasattr(getattr(self, name, None), "operation")
        ]
        return [name.upper() for name in declared]
