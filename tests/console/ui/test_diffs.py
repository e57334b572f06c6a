"""An audit event's fields in words."""

import pytest

from console.diffs import Change, changes
from tenancy.models import AuditEvent


def event(target_type: str = "account", **sides: dict[str, object]) -> AuditEvent:
    return AuditEvent(target_type=target_type, **sides)


@pytest.mark.parametrize(
    ("name", "value", "label", "text"),
    [
        ("status", "pending_payment", "Status", "pending payment"),
        ("trial_ends_at", "2025-11-12T09:30:00+00:00", "Trial ends at", "2025-11-12 09:30"),
        ("exempt_from_suspension", True, "Exempt from suspension", "yes"),
        ("is_system", False, "System account", "no"),
        ("billing_email", "", "Billing email", "–"),
        ("owner", None, "Owner", "–"),
        ("credits", 2454, "Credits", "2,454"),
        ("keys", ["igny8_1…", "igny8_2…"], "Keys", "igny8_1…, igny8_2…"),
        ("keys", [], "Keys", "–"),
        ("facts", {"amount": 5}, "Facts", "amount 5"),
        ("facts", {"credits_lost": 5}, "Facts", "credits lost 5"),
        ("name", "T-shirts", "Name", "T-shirts"),
        ("name", "my_shirts", "Name", "my_shirts"),
        ("mail", "trial_ending", "E-mail", "trial ending"),
        ("features", ["ai_writer", "image_gen"], "Features", "ai writer, image gen"),
        ("sha256", "ab12", "Fingerprint of the file", "ab12"),
    ],
)
def test_a_value_reads_as_people_say_it(name: str, value: object, label: str, text: str) -> None:
    assert changes(event(after={name: value})) == [Change(label, "", text)]


def test_a_code_in_capitals_stays_as_it_is() -> None:
    assert changes(event("payment", after={"currency": "USD"}))[0].after == "USD"


def test_both_sides_are_told() -> None:
    change = changes(event(before={"status": "trial"}, after={"status": "active"}))
    assert change == [Change("Status", "trial", "active")]


def test_what_went_away_is_told_too() -> None:
    assert changes(event(before={"name": "Home"}, after={})) == [Change("Name", "Home", "–")]


def test_a_type_nobody_knows_any_more_is_still_read() -> None:
    assert changes(event("dinosaur", after={"neck_length": 9})) == [Change("Neck length", "", "9")]


def test_fields_can_be_left_out() -> None:
    assert changes(event(after={"name": "x", "slug": "y"}), without={"slug"}) == [
        Change("Name", "", "x")
    ]
