"""Settings of the JSON API: DRF, its tokens, its description, and how often it may be called."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


@dataclass(frozen=True)
class Rate:
    """At most `calls` calls in any window of `seconds` that begins with a call."""

    calls: int
    seconds: int

    @property
    def text(self) -> str:
        unit = next(name for name, seconds in SECONDS.items() if seconds == self.seconds)
        return f"{self.calls}/{unit}"


RATES = {
    "auth": Rate(30, 60),  # signing up and in, by address
    "read": Rate(600, 60),
    "write": Rate(120, 60),
    "credits": Rate(6_000, 60),  # the AI workers' calls
}

# The views' own settings are on tenancy.api.views.ApiView. A view of another kind would be closed,
# and speak JSON.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "tenancy.api.errors.handle",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

# What a page of another origin may send and read.
CORS_ALLOW_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
CORS_ALLOW_HEADERS = ["authorization", "content-type", "idempotency-key", "x-account"]
CORS_EXPOSE_HEADERS = ["Idempotent-Replayed", "Retry-After", "X-Request-Id"]

DESCRIPTION = """\
What the product calls: sign-up, sites, credits, bank transfers.

- **Who calls**: `Authorization: Bearer <access token>` from `auth/login/` for people,
  `Authorization: Api-Key <key>` for a WordPress site.
- **Safe to repeat**: send an `Idempotency-Key` with what spends credits. The same request again
  gets the first answer, with the header `Idempotent-Replayed: true`.
- **Errors** are `application/problem+json` with a stable `code`: [all codes](/api/docs/errors/).
- **How often**: limits are for each account. `429` says in `Retry-After` when to come back.
"""

SPECTACULAR_SETTINGS = {
    "TITLE": "IGNY8 API",
    "VERSION": "1",
    "DESCRIPTION": DESCRIPTION,
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_PATCH": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "AccountStatus": "tenancy.models.AccountStatus",
        "SuspensionReason": "tenancy.models.SuspensionReason",
        "SiteStatus": "tenancy.models.SiteStatus",
        "InvoiceStatus": "billing.models.InvoiceStatus",
        "TransferStatus": "billing.models.PaymentStatus",
        "SubscriptionStatus": "billing.models.SubscriptionStatus",
        "HoldStatus": "billing.models.HoldStatus",
        "Role": "tenancy.roles.Role",
        "AssignableRole": "tenancy.api.users.ROLES",
        "Feature": "tenancy.models.Feature",
        "Currency": "tenancy.models.Currency",
        "PaymentMethod": "tenancy.models.PaymentMethod",
        "Operation": "billing.models.Operation",
        "CostUnit": "billing.models.CostUnit",
        "TransactionType": "billing.models.TransactionType",
        "Code": "tenancy.api.schema.CODES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "tenancy.api.schema_hooks.close_bodies",
        "tenancy.api.schema_hooks.share_errors",
    ],
}


def simple_jwt(key: str) -> dict[str, object]:
    """Access for minutes, refresh for days and once; `key` signs both."""
    return {
        "SIGNING_KEY": key,
        "ALGORITHM": "HS256",
        "ISSUER": "igny8",
        "AUDIENCE": "igny8-api",
        "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
        "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
        "UPDATE_LAST_LOGIN": False,
    }


def key_made_from(secret: str) -> str:
    """A key of its own, so that nothing signed for another purpose passes for a token."""
    return hashlib.sha256(b"tokens of the API: " + secret.encode()).hexdigest()
