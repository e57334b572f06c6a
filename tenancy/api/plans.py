"""What can be bought, for everybody to see."""

from django.db import models
from rest_framework import serializers

from tenancy.api.calls import Call, Caller
from tenancy.api.operations import operation
from tenancy.api.shapes import Answer
from tenancy.api.views import ApiView
from tenancy.models import Currency, Feature, Plan


class PlanAnswer(Answer):
    slug = serializers.CharField()
    name = serializers.CharField()
    price = serializers.DecimalField(max_digits=10, decimal_places=2, help_text="Per month.")
    currency = serializers.ChoiceField(Currency.choices)
    included_credits = serializers.IntegerField(help_text="For each month.")
    max_sites = serializers.IntegerField()
    max_users = serializers.IntegerField()
    features = serializers.ListField(child=serializers.ChoiceField(Feature.choices))
    trial_days = serializers.IntegerField()


class PlanList(Answer):
    results = PlanAnswer(many=True)


class PlansView(ApiView):
    @operation("The plans on offer", caller=Caller.ANYBODY, answer=PlanList)
    def get(self, call: Call) -> dict[str, models.QuerySet[Plan]]:
        offered = Plan.objects.filter(is_active=True, is_public=True, archived_at__isnull=True)
        return {"results": offered}
