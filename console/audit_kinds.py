"""The verbs of the audit trail in kinds, and in words that say them whole.

A verb is what was done (`credits_granted`) or, where it was refused, the action that somebody tried
(`grant`).
"""

import re
from dataclasses import dataclass

from tenancy.models import AuditEvent


@dataclass(frozen=True)
class Kind:
    """`pattern` is a regular expression that the verb is as a whole."""

    code: str
    title: str
    pattern: str

    def has(self, verb: str) -> bool:
        return re.fullmatch(self.pattern, verb) is not None


ACCOUNTS = Kind(
    "accounts",
    "Accounts and notes",
    "(account|subscription|trial|suspension|grace|note|email)_.*"
    "|(create|edit|delete|restore)_account|suspend|reactivate|cancel|extend_trial"
    "|write_note|pin|unpin",
)
PEOPLE = Kind(
    "people",
    "People, sites and keys",
    "(user|role|invitation|owner|site|sector|api_key)_.*"
    "|change_role|(deactivate|reactivate)_user|make_owner|withdraw_invitation|(give|take)_site"
    "|(rotate|revoke)_key",
)
MONEY = Kind(
    "money",
    "Money",
    "(bank_transfer|line|money|unapplied_money|shortfall)_.*"
    "|open_transfer|confirm|reject|reverse_transfer|write_off|apply|link|split|put_on_account"
    "|(hold|release|ignore|return|reopen)_line|(use|return)_unapplied",
)
CREDITS = Kind("credits", "Credits", "credits_.*|grant|adjust|reverse_entry|unfreeze")
APPROVALS = Kind("approvals", "Approvals", "approval_.*|approve|decline|withdraw|decide_several")
PLANS = Kind(
    "plans",
    "Plans and costs",
    "(plan|credit_cost)_.*|(create|edit|archive|unarchive)_plan|edit_credit_cost",
)
STAFF = Kind(
    "staff",
    "Staff and limits",
    "(staff|grant_limit)_.*|add_staff|set_groups|(deactivate|reactivate)_staff|edit_grant_limit",
)
SIGN_IN = Kind(
    "sign-in",
    "Sign-ins and passwords",
    "signed_(in|out)|sign_in_.*|(new|send)_sign_in_link|password_.*|acted_for_account",
)
FILES = Kind("files", "Exports and imports", ".*_(exported|imported)|import_.*")

KINDS = (ACCOUNTS, PEOPLE, MONEY, CREDITS, APPROVALS, PLANS, STAFF, SIGN_IN, FILES)

# Where the verb alone does not say it.
WORDS = {
    "acted_for_account": "Acted for the account",
    "adjust": "Adjust credits",
    "apply": "Apply a line to a transfer",
    "approve": "Approve a request",
    "cancel": "Cancel account",
    "confirm": "Confirm transfer",
    "decide_several": "Decide several requests",
    "decline": "Decline a request",
    "grace_over": "Time to pay was over",
    "grant": "Grant credits",
    "link": "Link a line to what was booked by hand",
    "new_sign_in_link": "Make a sign-in link",
    "pin": "Pin a note",
    "reactivate": "Reactivate account",
    "reject": "Reject transfer",
    "return_unapplied": "Return unapplied money",
    "reverse_entry": "Reverse a row of the ledger",
    "set_groups": "Choose groups of staff",
    "sign_in_refused": "Sign-in failed",
    "split": "Split a line",
    "suspend": "Suspend account",
    "unarchive_plan": "Put plan back on sale",
    "unfreeze": "Unfreeze credits",
    "unpin": "Unpin a note",
    "use_unapplied": "Use unapplied money",
    "withdraw": "Withdraw a request",
    "write_off": "Write off a shortfall",
}


def door_label(door: str) -> str:
    """Through what it came: “Console”, “API”, “Import”."""
    return "API" if door == "api" else door.capitalize()


def words_of(verb: str) -> str:
    """“Credits granted” for `credits_granted`, “Grant credits” for a refused `grant`."""
    return WORDS.get(verb) or AuditEvent(verb=verb).get_verb_label()
