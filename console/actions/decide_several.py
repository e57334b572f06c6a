"""Many requests decided at once: each in a transaction of its own, with a result of its own."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid5

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from billing.models import Approval
from billing.services import approval_rules
from console.actions.approvals import Approve, Decline, OnRequest, will_happen
from console.actions.base import Consequence, Verb
from console.actions.forms import VerbForm
from console.queues import APPROVALS_WAITING
from tenancy.errors import ServiceError
from tenancy.models import User

# What one person reads through in one go; the oldest first.
MOST = 50
LEVELS = {messages.SUCCESS: "good", messages.WARNING: "warn"}


@dataclass(frozen=True)
class Row:
    approval: Approval
    lines: list[Consequence]
    is_chosen: bool


@dataclass(frozen=True)
class Result:
    """What became of one request. `level` is how the note looks: good, warn, error, or plain."""

    approval: Approval
    message: str
    level: str = ""

    @property
    def is_named(self) -> bool:
        return str(self.approval) in self.message


class DecideSeveralForm(VerbForm):
    requests = forms.ModelMultipleChoiceField(
        Approval.objects.select_related(*OnRequest.related).order_by("requested_at", "id"),
        error_messages={"required": "Choose at least one request."},
    )
    decision = forms.ChoiceField(
        choices=[("", "Choose…"), (Approve.name, Approve.label), (Decline.name, Decline.label)],
        error_messages={"required": "Say whether to approve or to decline."},
    )


class DecideSeveral(Verb):
    name = "decide_several"
    label = "Decide several"
    submit = "Decide"
    permission = approval_rules.DECIDE
    icon = "checklist"
    form_class = DecideSeveralForm
    template = "console/approvals/several.html"

    def context(self, form: VerbForm, by: User) -> dict[str, Any]:
        mine = APPROVALS_WAITING.rows(now=timezone.now(), person=by)
        waiting = Approval.objects.filter(mine).select_related(*OnRequest.related)
        chosen = {str(key) for key in form["requests"].value() or ()}
        rows = [
            Row(approval, will_happen(approval), str(approval.pk) in chosen)
            for approval in waiting.order_by("requested_at", "id")[:MOST]
        ]
        return {"rows": rows, "more": waiting.count() - len(rows)}

    def _do(
        self,
        model_admin: ModelAdmin,
        request: HttpRequest,
        target: None,
        by: User,
        form: VerbForm,
    ) -> HttpResponse:
        values = form.cleaned_data
        verb = Approve() if values["decision"] == Approve.name else Decline()
        return self._render(
            model_admin,
            request,
            target,
            "console/approvals/results.html",
            {
                "results": [
                    _decide(verb, model_admin, each, by, values) for each in values["requests"]
                ],
                "next_url": APPROVALS_WAITING.url,
            },
        )


def _decide(
    verb: Verb, model_admin: ModelAdmin, approval: Approval, by: User, values: dict[str, Any]
) -> Result:
    once_each = {**values, "token": uuid5(values["token"], str(approval.pk))}
    try:
        outcome, done = verb.run_once(model_admin, approval, by, values=once_each, facts={})
    except ServiceError as refusal:
        return Result(approval, refusal.message, "error")
    if done is None:
        return Result(approval, f"Already done, nothing was changed again. {outcome.message}")
    return Result(approval, done.message, LEVELS[done.level])
