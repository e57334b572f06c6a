"""The industries a site can belong to, with the sectors each offers."""

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from tenancy.api.calls import Call
from tenancy.api.operations import operation
from tenancy.api.permissions import IsViewerOrAbove
from tenancy.api.shapes import Answer
from tenancy.api.views import ApiView
from tenancy.models import Industry, IndustrySector


class OfferedSector(Answer):
    slug = serializers.CharField()
    name = serializers.CharField()


class IndustryAnswer(Answer):
    slug = serializers.CharField()
    name = serializers.CharField()
    sectors = OfferedSector(many=True, source="offered")


class IndustryList(Answer):
    results = IndustryAnswer(many=True)


class IndustriesView(ApiView):
    @operation("Industries and their sectors", rights=[IsViewerOrAbove], answer=IndustryList)
    def get(self, call: Call) -> dict[str, QuerySet[Industry]]:
        offered = Prefetch(
            "sectors", IndustrySector.objects.filter(is_active=True), to_attr="offered"
        )
        return {"results": Industry.objects.filter(is_active=True).prefetch_related(offered)}
