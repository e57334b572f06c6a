"""A verb as staff meet it: a dialog with its consequences, a reason, and one use.

GET shows the form and changes nothing; POST calls the one service function of the verb.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from unfold.enums import ActionVariant

from console.actions.forms import VerbForm
from console.actions.once import Outcome, once
from tenancy.errors import ServiceError
from tenancy.models import Account, AuditEvent, User
from tenancy.records import record

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Consequence:
    """One line of what will happen: “Status”, “trial”, “active”. `before` may be empty.

    `plus` names the field whose number is added to `before`: while it is typed, the page shows the
    sum in place of `after` (ops.js).
    """

    label: str
    before: str
    after: str
    plus: str = ""


@dataclass(frozen=True)
class Done:
    """What a verb answers. `message` is a sentence; `target` is where to go next.

    `secret` is shown once in the answer itself and kept nowhere. `level` is how the message looks:
    a warning where it did something else than the button says.
    """

    message: str
    target: models.Model | None = None
    secret: str = ""
    level: int = messages.SUCCESS


class Verb:
    """Subclasses say what the verb is called, who may do it and which service does it."""

    name: ClassVar[str]
    label: ClassVar[str]
    submit: ClassVar[str]
    dismiss: ClassVar[str] = "Cancel"
    permission: ClassVar[str]
    icon: ClassVar[str] = ""
    is_dangerous: ClassVar[bool] = False
    # What one opens the object's page for: the one button in color.
    is_main: ClassVar[bool] = False
    form_class: ClassVar[type[VerbForm]] = VerbForm
    template: ClassVar[str] = "console/verb/form.html"
    # Related objects that consequences and refusals read.
    related: ClassVar[Sequence[str]] = ()

    def refusal(self, target: Any) -> str:
        """Why this cannot be done to `target` as it stands; empty when it can."""
        return ""

    def refusal_for(self, target: Any, by: User) -> str:
        """Why this person cannot do it to `target`, their permission apart; for most verbs it is
        the same for all.
        """
        return self.refusal(target)

    def consequences(self, target: Any, by: User) -> list[Consequence]:
        """What doing it will change, from the facts of now.

        May raise ServiceError: a refusal that takes more than a look at `target` to find.
        """
        return []

    def warning(self, target: Any, by: User) -> str:
        """A sentence that must be read before doing it; empty for most."""
        return ""

    def initial(self, target: Any) -> dict[str, Any]:
        return {}

    def form(self, target: Any, by: User, data: QueryDict | None = None) -> VerbForm:
        return self.form_class(data, target=target, initial=self.initial(target))

    def context(self, form: VerbForm, by: User) -> dict[str, Any]:
        """What a template of the verb's own shows besides."""
        return {}

    def perform(
        self,
        *,
        target: Any,
        by: User,
        reason: str,
        ticket_url: str,
        facts: Mapping[str, Any],
        token: UUID,
    ) -> Done:
        """Call the verb's service. Raises ServiceError when it refuses."""
        raise NotImplementedError

    def next_page(
        self, model_admin: ModelAdmin, request: HttpRequest, target: models.Model | None
    ) -> str:
        """Where Done and Cancel lead."""
        return page_of(model_admin, target)

    def account_of(self, target: Any) -> Account | None:
        """The account that a refused attempt is kept under."""
        return target if isinstance(target, Account) else getattr(target, "account", None)

    # The door: everything below is the same for every verb.

    def handle(
        self, model_admin: ModelAdmin, request: HttpRequest, object_id: str | None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(("GET", "POST"))
        target = self._target(model_admin, request, object_id)
        # request.user is a lazy stand-in; services lock and compare the real person.
        by = User.objects.get(pk=request.user.pk)
        if not request.user.has_perm(self.permission):
            if request.method == "POST":
                self._record_refusal(
                    target or model_admin.model(), by=by, reason="", refusal="No permission."
                )
            raise PermissionDenied
        if request.method != "POST":
            return self._show(model_admin, request, target, by, self.form(target, by))
        form = self.form(target, by, request.POST)
        if not form.is_valid():
            return self._show(model_admin, request, target, by, form)
        return self._do(model_admin, request, target, by, form)

    def _do(
        self,
        model_admin: ModelAdmin,
        request: HttpRequest,
        target: Any,
        by: User,
        form: VerbForm,
    ) -> HttpResponse:
        try:
            outcome, done = self.run_once(
                model_admin, target, by, values=form.cleaned_data, facts=form.facts()
            )
        except ServiceError as refusal:
            field = refusal.facts.get("field")
            form.add_error(field if field in form.fields else None, refusal.message)
            return self._show(model_admin, request, target, by, form)
        return self._answer(model_admin, request, target, outcome, done)

    def run_once(
        self,
        model_admin: ModelAdmin,
        target: Any,
        by: User,
        *,
        values: Mapping[str, Any],
        facts: Mapping[str, Any],
    ) -> tuple[Outcome, Done | None]:
        """Do it in a transaction of its own, once for the token in `values`; a refusal is kept in
        the audit and raised on. There is no Done when an earlier POST did it.
        """
        done: list[Done] = []

        def perform() -> str:
            done.append(
                self.perform(
                    target=target,
                    by=by,
                    reason=values["reason"],
                    ticket_url=values["ticket_url"],
                    facts=facts,
                    token=values["token"],
                )
            )
            return done[0].message

        where = f"{model_admin.opts.label_lower}:{object_id_of(target)}"
        try:
            outcome = once(
                token=values["token"], by=by, verb=self.name, target=where, perform=perform
            )
        except ServiceError as refusal:
            self._record_refusal(
                target or model_admin.model(),
                by=by,
                reason=values["reason"],
                refusal=refusal.message,
                ticket_url=values["ticket_url"],
            )
            raise
        return outcome, done[0] if done else None

    def _answer(
        self,
        model_admin: ModelAdmin,
        request: HttpRequest,
        target: Any,
        outcome: Outcome,
        done: Done | None,
    ) -> HttpResponse:
        next_url = self.next_page(model_admin, request, (done.target if done else None) or target)
        if done and done.secret:
            return self._render(
                model_admin,
                request,
                target,
                "console/verb/secret.html",
                {
                    "done": done,
                    "secret": _whole_address(request, done.secret),
                    "next_url": next_url,
                },
            )
        if outcome.repeated:
            messages.info(request, f"Already done, nothing was changed again. {outcome.message}")
        else:
            level = done.level if done else messages.SUCCESS
            messages.add_message(request, level, outcome.message)
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": next_url})
        return redirect(next_url)

    def _show(
        self,
        model_admin: ModelAdmin,
        request: HttpRequest,
        target: Any,
        by: User,
        form: VerbForm,
    ) -> HttpResponse:
        refusal = self.refusal_for(target, by)
        consequences: list[Consequence] = []
        if not refusal:
            try:
                consequences = self.consequences(target, by)
            except ServiceError as found:
                refusal = found.message
        return self._render(
            model_admin,
            request,
            target,
            self.template,
            {
                **self.context(form, by),
                "form": form,
                "refusal": refusal if not form.is_bound else "",
                "consequences": consequences,
                "warning": self.warning(target, by),
                "next_url": self.next_page(model_admin, request, target),
            },
        )

    def _render(
        self,
        model_admin: ModelAdmin,
        request: HttpRequest,
        target: Any,
        template: str,
        context: dict[str, Any],
    ) -> HttpResponse:
        # A dialog opened in a new tab is a page of its own, with menu and way back.
        is_dialog = bool(request.headers.get("HX-Request"))
        layout = "console/verb/dialog.html" if is_dialog else "console/verb/page.html"
        account = self.account_of(target) if target is not None else None
        return render(
            request,
            template,
            {
                **model_admin.admin_site.each_context(request),
                "opts": model_admin.opts,
                "layout": layout,
                "is_dialog": is_dialog,
                "verb": self,
                "target": target,
                # Whose it is, where the target does not say so itself.
                "whose": account if account and account.name not in str(target) else None,
                "title": self.label if target is None else f"{self.label}: {target}",
                **context,
            },
        )

    def _target(
        self, model_admin: ModelAdmin, request: HttpRequest, object_id: str | None
    ) -> models.Model | None:
        if object_id is None:
            return None
        try:
            return model_admin.model._default_manager.select_related(*self.related).get(
                pk=object_id
            )
        except (model_admin.model.DoesNotExist, ValueError):
            raise Http404 from None

    def _record_refusal(
        self,
        target: models.Model,
        *,
        by: User,
        reason: str,
        refusal: str,
        ticket_url: str = "",
    ) -> None:
        logger.warning("%s refused for %s: %s", self.name, by.email, refusal)
        record(
            self.name,
            by=by,
            reason=reason or refusal,
            target=target,
            account=self.account_of(target) if target.pk else None,
            after={"refused_because": refusal},
            ticket_url=ticket_url,
            result=AuditEvent.Result.REFUSED,
        )

    @property
    def variant(self) -> ActionVariant:
        if self.is_dangerous:
            return ActionVariant.DANGER
        return ActionVariant.PRIMARY if self.is_main else ActionVariant.DEFAULT


def _whole_address(request: HttpRequest, secret: str) -> str:
    """A link is shown with the host it is opened on; any other secret as it is."""
    return request.build_absolute_uri(secret) if secret.startswith("/") else secret


def object_id_of(target: models.Model | None) -> str:
    return str(target.pk) if target is not None else "new"


def page_of(model_admin: ModelAdmin, target: models.Model | None) -> str:
    """The console's page of an object, or the list it would be in."""
    if target is None:
        return reverse(
            f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist"
        )
    opts = target._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=(target.pk,))
