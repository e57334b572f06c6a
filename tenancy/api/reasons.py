"""The reason that goes into history and audit when a customer does something themselves."""

from tenancy.api.calls import Call


def reason_of(call: Call) -> str:
    """Every change says why; a customer need not, so this says who asked and by which door."""
    if call.user.account_id == call.account.pk:
        return "Asked for by the customer, through the API."
    return f"Done for the customer by {call.user.get_role_display().lower()}, through the API."
