"""The first day of each role: a page of plain text each, in templates/console/help/."""

from dataclasses import dataclass
from typing import Any

from django.views.generic import TemplateView
from unfold.views import UnfoldSiteViewMixin

from console import groups
from tenancy.models import User


@dataclass(frozen=True)
class Role:
    """A group of staff; `code` names it in the address and names its template."""

    group: groups.StaffGroup

    @property
    def code(self) -> str:
        return self.group.name.lower()

    @property
    def title(self) -> str:
        return self.group.name

    @property
    def template(self) -> str:
        return f"console/help/{self.code}.html"


ROLES = tuple(Role(group) for group in groups.GROUPS)


class FirstDay(UnfoldSiteViewMixin, TemplateView):
    """The person's own role first, the others beside it; for every login of staff."""

    title = "Your first day"
    permission_required = ()
    template_name = "console/help/page.html"
    http_method_names = ("get", "head")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = _own(self.request.user)
        listed = sorted(ROLES, key=lambda role: role not in own)
        asked = self.request.GET.get("role", "")
        return super().get_context_data(**kwargs) | {
            "roles": listed,
            "own": own,
            "role": next((role for role in listed if role.code == asked), listed[0]),
        }


def _own(person: User) -> list[Role]:
    names = set(person.groups.values_list("name", flat=True))
    return [role for role in ROLES if role.group.name in names]
