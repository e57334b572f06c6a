"""The API's translator: what a service refuses, as an error of the API."""

from collections.abc import Iterator

from tenancy.api.codes import Code
from tenancy.api.problems import ApiError, Fault, at
from tenancy.errors import InvalidValue, NotPermitted, ServiceError

# Refusals of one value of the body, though no value is out of its range by itself.
FIELD_OF = {
    "email_taken": "email",
    "trial_used": "email",
    "invitation_over": "token",
    "slug_taken": "slug",
    "slug_reserved": "slug",
    "plan_not_sold": "plan",
    "plan_not_payable": "plan",
    "wrong_amount": "amount",
    "bank_id_used": "bank_transaction_id",
    "bank_id_on_statement": "bank_transaction_id",
}
# Messages for staff, who may read whom else it concerns; a customer reads these instead.
TEXT_OF = {
    "bank_id_used": "This bank transaction id is booked already. One transfer is booked once.",
    "bank_id_on_statement": "This bank transaction id is on an imported bank statement; it is "
    "booked from there.",
    "bank_transfer_open": "A bank transfer is open already. Pay it, or withdraw it first.",
    "money_has_come": "A part of this bank transfer has come, so it cannot be withdrawn. Pay the "
    "rest, or write to support.",
    "already_confirmed": "This bank transfer is confirmed already; nothing was changed.",
    # No code of its own, but the state it names.
    "rejected": "This bank transfer is withdrawn or rejected already; nothing was changed.",
}
# Refusals of a service whose code of the API has another name.
CODE_OF = {"sign_up_closed": Code.TEMPORARILY_UNAVAILABLE}
RETRY_AFTER = {Code.IDEMPOTENCY_IN_PROGRESS: 1, Code.TEMPORARILY_UNAVAILABLE: 60}
# Ids of other objects mean nothing to a customer; the rest of a refusal's facts is for programs.
KEPT_BACK = {"field", "item", "errors", "payment", "line", "account"}


def error_of(refusal: ServiceError) -> ApiError:
    """A refusal whose code the API knows keeps it; any other falls under the code of its kind.

    Then `reason_code` holds the service's own, finer code.
    """
    facts = {name: fact for name, fact in refusal.facts.items() if name not in KEPT_BACK}
    if isinstance(refusal, InvalidValue) or refusal.code in FIELD_OF:
        return ApiError(
            Code.VALIDATION_ERROR, _text_of(refusal), errors=list(_faults(refusal)), **facts
        )
    code = _code_of(refusal)
    if code is Code.NOT_FOUND:
        # One text for everything that is not there, whoever says so.
        return ApiError(code)
    if code != refusal.code:
        facts["reason_code"] = refusal.code
    return ApiError(code, _text_of(refusal), retry_after=RETRY_AFTER.get(code), **facts)


def _faults(refusal: ServiceError) -> Iterator[Fault]:
    field = refusal.facts.get("field") or FIELD_OF.get(refusal.code)
    item = refusal.facts.get("item")
    pointer = "" if item is None else f"/items/{item}"
    if field and field != "items":
        pointer += f"/{field}"
    several = refusal.facts.get("errors")
    for one in several or [{"code": refusal.code, "message": _text_of(refusal)}]:
        yield at(pointer or f"/{field or ''}".rstrip("/"), str(one["code"]), str(one["message"]))


def _text_of(refusal: ServiceError) -> str:
    named = TEXT_OF.get(refusal.code) or TEXT_OF.get(str(refusal.facts.get("current")))
    return named or refusal.message


def _code_of(refusal: ServiceError) -> Code:
    if refusal.code in CODE_OF:
        return CODE_OF[refusal.code]
    if refusal.code in Code:
        return Code(refusal.code)
    if isinstance(refusal, NotPermitted):
        return Code.PERMISSION_DENIED
    # A StateConflict, or a refusal of no special kind: the request was fine, the moment is not.
    return Code.STATE_CONFLICT
