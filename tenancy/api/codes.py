"""Every code an error of the API can carry. docs/api.md holds the same table (tested)."""

from enum import StrEnum
from http import HTTPStatus


class Code(StrEnum):
    """The stable name of an error, with its status and title."""

    status: HTTPStatus
    title: str

    def __new__(cls, value: str, status: int, title: str) -> "Code":
        member = str.__new__(cls, value)
        member._value_ = value
        member.status = HTTPStatus(status)
        member.title = title
        return member

    VALIDATION_ERROR = "validation_error", 400, "The request is not valid"
    IDEMPOTENCY_KEY_REQUIRED = "idempotency_key_required", 400, "An Idempotency-Key is needed"

    NOT_AUTHENTICATED = "not_authenticated", 401, "Sign in first"
    INVALID_CREDENTIALS = "invalid_credentials", 401, "E-mail or password is wrong"
    INVALID_API_KEY = "invalid_api_key", 401, "The API key does not work"
    TOKEN_EXPIRED = "token_expired", 401, "The token has expired"
    TOKEN_INVALID = "token_invalid", 401, "The token does not work"

    TRIAL_EXPIRED = "trial_expired", 402, "The trial is over"
    PAYMENT_FAILED = "payment_failed", 402, "An invoice is unpaid"
    PLAN_MISSING = "plan_missing", 402, "The account has no plan"
    PLAN_INACTIVE = "plan_inactive", 402, "The plan is out of service"
    INSUFFICIENT_CREDITS = "insufficient_credits", 402, "Not enough credits"

    ACCOUNT_SUSPENDED = "account_suspended", 403, "The account is suspended"
    ACCOUNT_CANCELLED = "account_cancelled", 403, "The account is cancelled"
    USER_INACTIVE = "user_inactive", 403, "The user is deactivated"
    SITE_INACTIVE = "site_inactive", 403, "The site is switched off"
    PERMISSION_DENIED = "permission_denied", 403, "Not permitted"
    PLAN_LIMIT_REACHED = "plan_limit_reached", 403, "The plan's limit is reached"
    HTTPS_REQUIRED = "https_required", 403, "Only https is spoken here"
    CSRF_FAILED = "csrf_failed", 403, "The CSRF token is missing or wrong"

    NOT_FOUND = "not_found", 404, "Not found"
    METHOD_NOT_ALLOWED = "method_not_allowed", 405, "Method not allowed"
    NOT_ACCEPTABLE = "not_acceptable", 406, "Only JSON is spoken here"
    STATE_CONFLICT = "state_conflict", 409, "Not possible in the present state"
    IDEMPOTENCY_IN_PROGRESS = "idempotency_in_progress", 409, "The first call is still running"
    PAYLOAD_TOO_LARGE = "payload_too_large", 413, "The body is too large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type", 415, "Only JSON is read here"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused", 422, "The key was used for another request"
    RATE_LIMITED = "rate_limited", 429, "Too many requests"

    INTERNAL_ERROR = "internal_error", 500, "Something went wrong here"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable", 503, "Try again in a moment"
