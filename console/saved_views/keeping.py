"""A person's own views of the lists: kept and forgotten. Nobody else sees them."""

from datetime import datetime

from django.db import transaction
from django.http import QueryDict

from console.models import SavedView
from console.models.saved_view import MOST_VIEWS
from tenancy.errors import InvalidValue, StateConflict
from tenancy.models import User
from tenancy.records import lock

# Which page is shown and what went wrong are no part of a view.
LEFT_OUT = ("p", "e", "all")
MOST_LETTERS = SavedView._meta.get_field("name").max_length
MOST_QUERY = SavedView._meta.get_field("query").max_length


class NoView(InvalidValue):
    code = "no_view"


class ViewsFull(StateConflict):
    code = "views_full"


class NameTaken(StateConflict):
    code = "name_taken"


def plain(query: str) -> str:
    """The filters alone, in one order, so that equal views are equal texts."""
    given = QueryDict(query)
    pairs = [
        (name, value)
        for name, values in sorted(given.lists())
        if name not in LEFT_OUT
        for value in values
        if value
    ]
    ordered = QueryDict(mutable=True)
    for name, value in pairs:
        ordered.appendlist(name, value)
    return ordered.urlencode()


@transaction.atomic
def keep(*, person: User, list_name: str, name: str, query: str, now: datetime) -> SavedView:
    """Keep the filters and columns of `query` under a name.

    Raises NoView without a readable name or anything to keep, NameTaken for a name that this list
    has, ViewsFull when the person has 20.
    """
    name, query = " ".join(name.replace("\x00", "").split()), plain(query)
    if not any(character.isalnum() for character in name) or len(name) > MOST_LETTERS:
        raise NoView(f"Give the view a name of at most {MOST_LETTERS} characters.", field="name")
    if not query:
        raise NoView(
            "Filter the list or choose its columns first: a view keeps both.", field="query"
        )
    if len(query) > MOST_QUERY or "%00" in query:
        raise NoView("This is too long to be kept.", field="query")
    # Two windows that save at once stand in line.
    lock(person)
    own = list(SavedView.objects.filter(person=person))
    if any(view.list_name == list_name and view.name.lower() == name.lower() for view in own):
        raise NameTaken(f"You have a view “{name}” here. Take another name, or forget that one.")
    free = set(range(1, MOST_VIEWS + 1)) - {view.slot for view in own}
    if not free:
        raise ViewsFull(f"You have {MOST_VIEWS} views. Forget one that you no longer use.")
    return SavedView.objects.create(
        person=person, slot=min(free), list_name=list_name, name=name, query=query, created_at=now
    )


def forget(*, person: User, view_id: int) -> str:
    """Remove one of the person's views and return its name; empty when there is none any more."""
    view = SavedView.objects.filter(person=person, pk=view_id).first()
    if view is None:
        return ""
    view.delete()
    return view.name
