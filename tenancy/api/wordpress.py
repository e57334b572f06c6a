"""What the WordPress plugin calls with its site's API key."""

from rest_framework import serializers

from tenancy.api.calls import Call, Caller
from tenancy.api.fields import Flag, Id, Metadata, Moment, Text, Whole
from tenancy.api.operations import operation
from tenancy.api.paging import PageQuery, page, paged
from tenancy.api.shapes import Answer, Body
from tenancy.api.sites import SiteAnswer
from tenancy.api.views import ApiView
from tenancy.models import AccountStatus, SyncEvent
from tenancy.services import sync_events


class SiteAccount(Answer):
    name = serializers.CharField()
    slug = serializers.CharField()
    status = serializers.ChoiceField(AccountStatus.choices)
    plan = serializers.CharField(source="plan.slug")
    features = serializers.ListField(child=serializers.CharField(), source="plan.features")


class ConnectedSite(SiteAnswer):
    account = SiteAccount()


class SyncEventBody(Body):
    event_type = Text(max_length=50)
    action = Text(required=False, allow_blank=True, max_length=50)
    success = Flag(required=False)
    external_id = Text(required=False, allow_blank=True)
    message = Text(required=False, allow_blank=True, max_length=10_000)
    details = Metadata(required=False)
    duration_ms = Whole(required=False, allow_null=True, min_value=0, max_value=2**31 - 1)


class SyncEventAnswer(Answer):
    id = Id()
    event_type = serializers.CharField()
    action = serializers.CharField()
    success = serializers.BooleanField()
    external_id = serializers.CharField()
    message = serializers.CharField()
    details = serializers.DictField()
    duration_ms = serializers.IntegerField(allow_null=True)
    created_at = Moment()


class ConnectedSiteView(ApiView):
    @operation("The site of this key", caller=Caller.SITE, answer=ConnectedSite)
    def get(self, call: Call) -> object:
        return call.request.site


class SyncEventsView(ApiView):
    @operation(
        "What this site reported",
        caller=Caller.SITE,
        query=PageQuery,
        answer=paged(SyncEventAnswer),
    )
    def get(self, call: Call) -> dict[str, object]:
        events = SyncEvent.objects.filter(site=call.request.site)
        return page(events, by="id", request=call.request, query=call.query)

    @operation(
        "Report a sync",
        caller=Caller.SITE,
        body=SyncEventBody,
        answer=SyncEventAnswer,
        status=201,
    )
    def post(self, call: Call) -> SyncEvent:
        return sync_events.report(site=call.request.site, facts=call.data)
