"""An account's sites, and the API key of each."""

from django.db import models
from django.utils import timezone
from rest_framework import serializers

from tenancy.api.calls import Call, Key
from tenancy.api.codes import Code
from tenancy.api.fields import Id, Moment, Text, Whole
from tenancy.api.lookup import found
from tenancy.api.operations import operation
from tenancy.api.paging import PageQuery, page, paged
from tenancy.api.permissions import IsEditorOrAbove, IsOwnerOrAdmin, IsViewerOrAbove
from tenancy.api.problems import ApiError, at
from tenancy.api.reasons import reason_of
from tenancy.api.shapes import Answer, Body
from tenancy.api.views import ApiView
from tenancy.errors import NothingChanged
from tenancy.models import Industry, Site, SiteStatus
from tenancy.services import api_keys, sites
from tenancy.services.api_keys import MAX_OVERLAP_HOURS


class NewSiteBody(Body):
    name = Text()
    slug = Text(required=False, max_length=200, help_text="Made from the name if not given.")
    domain = Text(required=False, allow_blank=True, help_text="As in shop.example.com.")
    industry = Text(required=False, allow_null=True, help_text="The slug of an industry.")
    wp_url = Text(required=False, allow_blank=True, max_length=200)
    wp_username = Text(required=False, allow_blank=True)
    wp_app_password = Text(required=False, allow_blank=True, help_text="Kept encrypted.")


class SiteBody(NewSiteBody):
    name = Text(required=False)


class RotateBody(Body):
    overlap_hours = Whole(
        required=False,
        default=24,
        min_value=0,
        max_value=MAX_OVERLAP_HOURS,
        help_text="How long the present key still works.",
    )


class SiteAnswer(Answer):
    id = Id()
    name = serializers.CharField()
    slug = serializers.CharField()
    domain = serializers.CharField()
    industry = serializers.CharField(source="industry.slug", default=None, allow_null=True)
    status = serializers.ChoiceField(SiteStatus.choices)
    wp_url = serializers.CharField()
    wp_username = serializers.CharField()
    created_at = Moment()
    updated_at = Moment()


class NewKeyAnswer(Answer):
    key = serializers.CharField(source="secret", help_text="The whole key. It is told only now.")
    prefix = serializers.CharField(source="key.prefix")
    created_at = Moment(source="key.created_at")


class KeyFacts(Answer):
    prefix = serializers.CharField(help_text="The key's visible start.")
    created_at = Moment()
    last_used_at = Moment(allow_null=True, help_text="To the minute; null until it is used.")


class ReplacedKey(KeyFacts):
    expires_at = Moment(help_text="When it ends, if it is not ended before.")


class KeyAnswer(KeyFacts):
    replaced = ReplacedKey(many=True, help_text="Older keys whose overlap is not over.")


class SitesView(ApiView):
    @operation("List sites", rights=[IsViewerOrAbove], query=PageQuery, answer=paged(SiteAnswer))
    def get(self, call: Call) -> dict[str, object]:
        """All of the account's for an admin; those given to them for an editor or viewer."""
        return page(accessible(call), by="id", request=call.request, query=call.query)

    @operation(
        "Add a site",
        rights=[IsEditorOrAbove],
        body=NewSiteBody,
        answer=SiteAnswer,
        status=201,
        errors=[Code.PLAN_LIMIT_REACHED],
    )
    def post(self, call: Call) -> Site:
        """Within the plan's `max_sites`."""
        return sites.create(
            account=call.account, facts=_facts(call), by=call.user, reason=reason_of(call)
        )


class SiteView(ApiView):
    @operation("Show a site", rights=[IsViewerOrAbove], answer=SiteAnswer)
    def get(self, call: Call, site_id: str) -> Site:
        return found(call, accessible(call), site_id)

    @operation(
        "Change a site",
        rights=[IsEditorOrAbove],
        body=SiteBody,
        answer=SiteAnswer,
        errors=[Code.STATE_CONFLICT],
    )
    def patch(self, call: Call, site_id: str) -> Site:
        """Only what is given changes; giving what it has already changes nothing."""
        site = found(call, accessible(call), site_id)
        try:
            return sites.update(
                site=site, changes=_facts(call), by=call.user, reason=reason_of(call)
            )
        except NothingChanged:
            return site

    @operation("Delete a site", rights=[IsOwnerOrAdmin], status=204, errors=[Code.STATE_CONFLICT])
    def delete(self, call: Call, site_id: str) -> None:
        """Its API keys end at once, and its place in the plan is free."""
        sites.delete(
            site=found(call, accessible(call), site_id),
            by=call.user,
            reason=reason_of(call),
            now=timezone.now(),
        )


class SiteKeyView(ApiView):
    @operation("Show the API key", rights=[IsOwnerOrAdmin], answer=KeyAnswer)
    def get(self, call: Call, site_id: str) -> dict[str, object]:
        """When it was made and last used, never the key itself. 404 while the site has none."""
        site = found(call, accessible(call), site_id)
        keys = api_keys.working(site, now=timezone.now())
        if not keys:
            raise ApiError(Code.NOT_FOUND)
        present, *replaced = keys
        return {
            "prefix": present.prefix,
            "created_at": present.created_at,
            "last_used_at": present.last_used_at,
            "replaced": replaced,
        }

    @operation(
        "Make a new API key",
        rights=[IsOwnerOrAdmin],
        body=RotateBody,
        answer=NewKeyAnswer,
        status=201,
        key=Key.IGNORED,
        errors=[Code.STATE_CONFLICT],
    )
    def post(self, call: Call, site_id: str) -> api_keys.NewKey:
        """The key is told once, so a repeated call makes another one. The present key works on
        for `overlap_hours`."""
        return api_keys.rotate(
            site=found(call, accessible(call), site_id),
            overlap_hours=call.data["overlap_hours"],
            by=call.user,
            reason=reason_of(call),
            now=timezone.now(),
        )

    @operation(
        "End the API keys", rights=[IsOwnerOrAdmin], status=204, errors=[Code.STATE_CONFLICT]
    )
    def delete(self, call: Call, site_id: str) -> None:
        api_keys.revoke(
            site=found(call, accessible(call), site_id),
            by=call.user,
            reason=reason_of(call),
            now=timezone.now(),
        )


def accessible(call: Call) -> models.QuerySet[Site]:
    """The sites that the caller may see, of the account that the call is for."""
    if call.user.account_id == call.account.pk:
        own = call.user.get_accessible_sites()
    else:
        # A developer or the bot, whom the gate let name this account: all of its sites.
        own = Site.objects.filter(account=call.account)
    return own.filter(is_active=True).select_related("industry", "account__plan")


def _facts(call: Call) -> dict[str, object]:
    facts = dict(call.data)
    if facts.get("industry") is not None:
        facts["industry"] = Industry.objects.filter(slug=facts["industry"], is_active=True).first()
        if facts["industry"] is None:
            fault = at("/industry", "does_not_exist", "There is no such industry.")
            raise ApiError(Code.VALIDATION_ERROR, errors=[fault])
    return facts
