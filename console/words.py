"""Rows by the beginnings of the words in their texts, from an index: any number of rows, one speed.

The indexes are made by the migration 0004_search_words; the columns here must be theirs.
"""

import re

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import Func, QuerySet

from tenancy.emails import lookup_form
from tenancy.models import Account, Site, User

COLUMNS = {
    Account: ("name", "slug", "billing_email"),
    User: ("email", "name"),
    Site: ("name", "slug", "domain"),
}
# What igny8_words takes for a blank, and what means something in a query.
SEPARATORS = re.compile(r"""[\s@._\-/:+,;()'"&|!<>*\\]+""")


MOST_FOUND = 200


class Words(Func):
    function = "igny8_words"
    output_field = SearchVectorField()


def found(model: type[Account] | type[User] | type[Site], term: str) -> QuerySet:
    """Every word of the term begins a word of the row: `alice homeg` finds alice@homeg8.com."""
    # People's addresses are kept in one form, whichever is quoted.
    asked = lookup_form(term) if model is User else term.lower()
    words = [word for word in SEPARATORS.split(asked) if word]
    if not words:
        return model.objects.none()
    query = SearchQuery(
        " & ".join(f"{word}:*" for word in words), config="simple", search_type="raw"
    )
    return model.objects.alias(words=Words(*COLUMNS[model])).filter(words=query)


def ids(model: type[Account] | type[User] | type[Site], term: str) -> list[int]:
    """At most 200, in no order: sorted, they would be looked for along the whole table."""
    return list(found(model, term).order_by().values_list("pk", flat=True)[:MOST_FOUND])
