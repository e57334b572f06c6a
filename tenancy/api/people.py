"""A person and an account as several answers show them."""

from rest_framework import serializers

from tenancy.api.fields import Id, Moment
from tenancy.api.shapes import Answer
from tenancy.models import AccountStatus, SuspensionReason
from tenancy.roles import Role


class UserAnswer(Answer):
    id = Id()
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)
    is_active = serializers.BooleanField()
    joined = serializers.BooleanField(
        source="has_joined", help_text="False while they are invited."
    )
    date_joined = Moment()


class AccountSummary(Answer):
    """Enough to greet somebody, or to tell them why nothing works. GET account/ has the rest."""

    id = Id()
    name = serializers.CharField()
    slug = serializers.CharField()
    status = serializers.ChoiceField(AccountStatus.choices)
    status_reason = serializers.ChoiceField(SuspensionReason.choices, allow_blank=True)
    plan = serializers.CharField(source="plan.slug")
    trial_ends_at = Moment(allow_null=True)
