"""What every call of the API is expected to let in. Written by hand, apart from the code.

A call that is not in here fails `test_matrix.py`, and so does one that is here and not in the code.
So does an address beside the API's that is not in PAGES.
"""

from enum import Enum
from typing import NamedTuple


class Who(Enum):
    ANYBODY = "anybody"
    MEMBER = "member"  # of whatever role, the bot included
    READER = "reader"  # viewer and above, and the bot
    SPENDER = "spender"  # editor and above, and the bot
    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"
    HEAD = "head"  # the account's own admin and owner, no developer
    OWNER = "owner"  # the one person who owns the account
    COMPANY = "company"  # a developer or the system account, naming another account
    SITE = "site"


class When(Enum):
    WORKING = "working"  # refused to an account that may not work
    ALWAYS = "always"  # status, invoices and how to pay
    PAYING = "paying"  # where money, or the customer's wish, ends the block


class Page(Enum):
    CALLS = "calls"  # in CALLS, each for itself
    ANYBODYS = "anybody's"  # by GET the same for everybody
    NOTHING = "nothing"  # 404 for everybody
    STAFFS = "staff's"  # the console: tests/console


class Call(NamedTuple):
    who: Who
    when: When = When.WORKING


CALLS: dict[tuple[str, str], Call] = {
    ("POST", "auth/register/"): Call(Who.ANYBODY, When.ALWAYS),
    ("POST", "auth/login/"): Call(Who.ANYBODY, When.ALWAYS),
    ("POST", "auth/refresh/"): Call(Who.ANYBODY, When.ALWAYS),
    ("POST", "auth/logout/"): Call(Who.ANYBODY, When.ALWAYS),
    ("POST", "auth/accept/"): Call(Who.ANYBODY, When.ALWAYS),
    ("POST", "auth/password/"): Call(Who.MEMBER, When.ALWAYS),
    ("POST", "auth/forgot/"): Call(Who.ANYBODY, When.ALWAYS),
    ("GET", "auth/me/"): Call(Who.MEMBER, When.ALWAYS),
    ("GET", "plans/"): Call(Who.ANYBODY, When.ALWAYS),
    ("GET", "industries/"): Call(Who.VIEWER),
    ("GET", "account/"): Call(Who.READER, When.ALWAYS),
    ("PATCH", "account/"): Call(Who.ADMIN, When.PAYING),
    ("GET", "users/"): Call(Who.VIEWER),
    ("POST", "users/"): Call(Who.ADMIN),
    ("GET", "users/<id>/"): Call(Who.VIEWER),
    ("PATCH", "users/<id>/"): Call(Who.ADMIN),
    ("DELETE", "users/<id>/"): Call(Who.ADMIN),
    ("POST", "users/<id>/deactivate/"): Call(Who.ADMIN),
    ("POST", "users/<id>/reactivate/"): Call(Who.ADMIN),
    ("POST", "users/<id>/make-owner/"): Call(Who.OWNER),
    ("GET", "sites/"): Call(Who.VIEWER),
    ("POST", "sites/"): Call(Who.EDITOR),
    ("GET", "sites/<id>/"): Call(Who.VIEWER),
    ("PATCH", "sites/<id>/"): Call(Who.EDITOR),
    ("DELETE", "sites/<id>/"): Call(Who.ADMIN),
    ("GET", "sites/<id>/api-key/"): Call(Who.ADMIN),
    ("POST", "sites/<id>/api-key/"): Call(Who.ADMIN),
    ("DELETE", "sites/<id>/api-key/"): Call(Who.ADMIN),
    ("GET", "sites/<id>/sectors/"): Call(Who.VIEWER),
    ("POST", "sites/<id>/sectors/"): Call(Who.EDITOR),
    ("GET", "sites/<id>/sectors/<id>/"): Call(Who.VIEWER),
    ("PATCH", "sites/<id>/sectors/<id>/"): Call(Who.EDITOR),
    ("DELETE", "sites/<id>/sectors/<id>/"): Call(Who.EDITOR),
    ("GET", "sites/<id>/users/"): Call(Who.ADMIN),
    ("PUT", "sites/<id>/users/<id>/"): Call(Who.ADMIN),
    ("DELETE", "sites/<id>/users/<id>/"): Call(Who.ADMIN),
    ("GET", "credits/"): Call(Who.READER),
    ("GET", "credits/transactions/"): Call(Who.READER),
    ("GET", "credits/costs/"): Call(Who.READER),
    ("POST", "credits/check/"): Call(Who.READER),
    ("POST", "credits/deduct/"): Call(Who.SPENDER),
    ("POST", "credits/deduct-many/"): Call(Who.SPENDER),
    ("POST", "credits/holds/"): Call(Who.SPENDER),
    ("POST", "credits/holds/<id>/commit/"): Call(Who.SPENDER),
    ("POST", "credits/holds/<id>/release/"): Call(Who.SPENDER),
    ("GET", "billing/subscription/"): Call(Who.ADMIN, When.ALWAYS),
    ("GET", "billing/invoices/"): Call(Who.ADMIN, When.ALWAYS),
    ("GET", "billing/invoices/<id>/"): Call(Who.ADMIN, When.ALWAYS),
    ("GET", "billing/bank-transfers/"): Call(Who.ADMIN, When.ALWAYS),
    ("POST", "billing/bank-transfers/"): Call(Who.HEAD, When.PAYING),
    ("GET", "billing/bank-transfers/<id>/"): Call(Who.ADMIN, When.ALWAYS),
    ("POST", "billing/bank-transfers/<id>/withdraw/"): Call(Who.HEAD, When.PAYING),
    ("POST", "billing/bank-transfers/<id>/confirm/"): Call(Who.COMPANY, When.PAYING),
    ("GET", "wordpress/site/"): Call(Who.SITE),
    ("GET", "wordpress/sync-events/"): Call(Who.SITE),
    ("POST", "wordpress/sync-events/"): Call(Who.SITE),
}

# By what urlpatterns says.
PAGES: dict[str, Page] = {
    "api/v1/": Page.CALLS,
    "": Page.STAFFS,
    "admin/set-password/<uidb64>/<token>/": Page.STAFFS,
    "admin/": Page.STAFFS,
    "api/schema/": Page.ANYBODYS,
    "api/docs/": Page.ANYBODYS,
    "api/docs/errors/": Page.ANYBODYS,
    "^api/": Page.NOTHING,
    "healthz": Page.ANYBODYS,
    "readyz": Page.ANYBODYS,
}
