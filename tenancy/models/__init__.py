from tenancy.models.account import (
    RESERVED_SLUGS,
    TRANSITIONS,
    Account,
    AccountStatus,
    PaymentMethod,
    SuspensionReason,
)
from tenancy.models.api_key import ApiKey
from tenancy.models.audit_event import AuditEvent
from tenancy.models.industry import Industry, IndustrySector
from tenancy.models.note import Note
from tenancy.models.plan import Currency, Feature, Plan
from tenancy.models.site import Sector, Site, SiteStatus, SiteUserAccess
from tenancy.models.sync_event import SyncEvent
from tenancy.models.throttle_counter import ThrottleCounter
from tenancy.models.trial_claim import TrialClaim
from tenancy.models.user import User

__all__ = [
    "RESERVED_SLUGS",
    "TRANSITIONS",
    "Account",
    "AccountStatus",
    "ApiKey",
    "AuditEvent",
    "Currency",
    "Feature",
    "Industry",
    "IndustrySector",
    "Note",
    "PaymentMethod",
    "Plan",
    "Sector",
    "Site",
    "SiteStatus",
    "SiteUserAccess",
    "SuspensionReason",
    "SyncEvent",
    "ThrottleCounter",
    "TrialClaim",
    "User",
]
