"""The sectors of a site."""

from django.db import models
from rest_framework import serializers

from tenancy.api.calls import Call
from tenancy.api.codes import Code
from tenancy.api.fields import Id, Moment, Text
from tenancy.api.lookup import found
from tenancy.api.operations import operation
from tenancy.api.permissions import IsEditorOrAbove, IsViewerOrAbove
from tenancy.api.problems import ApiError, at
from tenancy.api.reasons import reason_of
from tenancy.api.shapes import Answer, Body
from tenancy.api.sites import accessible
from tenancy.api.views import ApiView
from tenancy.models import IndustrySector, Sector, Site
from tenancy.services import sectors


class NewSectorBody(Body):
    name = Text(max_length=200)
    slug = Text(required=False, max_length=200, help_text="Made from the name if not given.")
    industry_sector = Text(
        required=False, allow_null=True, help_text="The slug of a sector of the site's industry."
    )


class SectorBody(Body):
    name = Text(max_length=200)


class SectorAnswer(Answer):
    id = Id()
    name = serializers.CharField()
    slug = serializers.CharField()
    industry_sector = serializers.CharField(
        source="industry_sector.slug", default=None, allow_null=True
    )
    created_at = Moment()


class SectorList(Answer):
    results = SectorAnswer(many=True)


class SectorsView(ApiView):
    @operation("List a site's sectors", rights=[IsViewerOrAbove], answer=SectorList)
    def get(self, call: Call, site_id: str) -> dict[str, object]:
        return {"results": _of(found(call, accessible(call), site_id))}

    @operation(
        "Add a sector",
        rights=[IsEditorOrAbove],
        body=NewSectorBody,
        answer=SectorAnswer,
        status=201,
        errors=[Code.PLAN_LIMIT_REACHED],
    )
    def post(self, call: Call, site_id: str) -> Sector:
        """A site has at most five."""
        site = found(call, accessible(call), site_id)
        facts = dict(call.data)
        slug = facts.pop("industry_sector", None)
        return sectors.create(
            site=site,
            **facts,
            industry_sector=_offered(site, slug),
            by=call.user,
            reason=reason_of(call),
        )


class SectorView(ApiView):
    @operation("Show a sector", rights=[IsViewerOrAbove], answer=SectorAnswer)
    def get(self, call: Call, site_id: str, sector_id: str) -> Sector:
        return found(call, _of(found(call, accessible(call), site_id)), sector_id)

    @operation(
        "Rename a sector",
        rights=[IsEditorOrAbove],
        body=SectorBody,
        answer=SectorAnswer,
        errors=[Code.STATE_CONFLICT],
    )
    def patch(self, call: Call, site_id: str, sector_id: str) -> Sector:
        sector = found(call, _of(found(call, accessible(call), site_id)), sector_id)
        return sectors.update(
            sector=sector, name=call.data["name"], by=call.user, reason=reason_of(call)
        )

    @operation(
        "Delete a sector", rights=[IsEditorOrAbove], status=204, errors=[Code.STATE_CONFLICT]
    )
    def delete(self, call: Call, site_id: str, sector_id: str) -> None:
        sector = found(call, _of(found(call, accessible(call), site_id)), sector_id)
        sectors.delete(sector=sector, by=call.user, reason=reason_of(call))


def _of(site: Site) -> models.QuerySet[Sector]:
    return site.sectors.filter(is_active=True).select_related("industry_sector", "account", "site")


def _offered(site: Site, slug: str | None) -> IndustrySector | None:
    if slug is None:
        return None
    # A site without an industry can take any industry's sector only if one has that slug.
    offered = IndustrySector.objects.filter(slug=slug, is_active=True)
    if site.industry_id is not None:
        offered = offered.filter(industry_id=site.industry_id)
    one = offered.order_by("id").first()
    if one is None:
        fault = at("/industry_sector", "does_not_exist", "The site's industry has no such sector.")
        raise ApiError(Code.VALIDATION_ERROR, errors=[fault])
    return one
