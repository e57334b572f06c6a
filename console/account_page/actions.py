"""What can be done to an account, in groups; what cannot be done now says why."""

from dataclasses import dataclass
from itertools import groupby

from console.account_page.verbs import VerbLink, link, verbs_of
from console.actions.base import Verb
from tenancy.models import Account, User

# By the names of the verbs. Those that undo much come last, in the group and on the page.
GROUPS = {
    "Customer": ("write_note", "edit_account"),
    "Credits": ("grant", "adjust", "unfreeze"),
    "Money": ("open_transfer",),
    "Status": (
        "extend_trial",
        "reactivate",
        "restore_account",
        "suspend",
        "cancel",
        "delete_account",
    ),
}
OTHER = "More"
GROUP_OF = {name: group for group, names in GROUPS.items() for name in names}
ORDER = {group: number for number, group in enumerate((*GROUPS, OTHER))}


@dataclass(frozen=True)
class Group:
    title: str
    verbs: list[VerbLink]


@dataclass(frozen=True)
class NotNow:
    """A verb that the person has the right for and that does not apply now; `why` is a sentence."""

    name: str
    label: str
    why: str


@dataclass(frozen=True)
class Actions:
    groups: list[Group]
    not_now: list[NotNow]


def of_account(account: Account, *, person: User) -> Actions:
    """What the person has no right for is in neither."""
    verbs = [verb for verb in verbs_of(account) if person.has_perm(verb.permission)]
    verbs.sort(key=lambda verb: (ORDER[_group_of(verb)], verb.is_dangerous))
    why = {verb.name: verb.refusal_for(account, person) for verb in verbs}
    possible = [verb for verb in verbs if not why[verb.name]]
    return Actions(
        groups=[
            Group(title, [link(account, verb) for verb in found])
            for title, found in groupby(possible, key=_group_of)
        ],
        not_now=[NotNow(verb.name, verb.label, why[verb.name]) for verb in verbs if why[verb.name]],
    )


def _group_of(verb: Verb) -> str:
    return GROUP_OF.get(verb.name, OTHER)
