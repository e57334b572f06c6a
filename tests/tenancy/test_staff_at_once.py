"""Two Administrators at the same moment: one of those who remove each other stays; one adds."""

import threading
from functools import partial

import pytest
from django.db import connection

from tenancy.models import User
from tenancy.services import staff
from tests.factories import REASON, make_group, make_staff
from tests.racing import Meeting, at_once, one_wins


@pytest.mark.parametrize("verb", ["deactivate", "set_groups"])
def test_two_administrators_remove_each_other(committed: None, verb: str) -> None:
    make_group("Auditor")
    first, second = make_staff("Administrator"), make_staff("Administrator")
    more = {"groups": ["Auditor"]} if verb == "set_groups" else {}
    start = threading.Barrier(2)
    refusals = []

    def remove(user: User, by: User) -> None:
        start.wait(10)
        try:
            getattr(staff, verb)(user=user, by=by, reason=REASON, **more)
        except staff.LastAdministrator as refusal:
            refusals.append(refusal)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=remove, args=pair) for pair in ((first, second), (second, first))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refusals) == 1
    left = User.objects.filter(groups__name="Administrator", is_active=True, is_staff=True)
    assert left.count() == 1


def test_two_add_one_person(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    make_group("Auditor")
    meeting = Meeting(2)
    clean = staff.clean_email

    def clean_and_meet(email: str) -> str:
        free = clean(email)
        meeting.wait()
        return free

    monkeypatch.setattr(staff, "clean_email", clean_and_meet)
    facts = {"email": "new@igny8.example", "groups": ["Auditor"], "reason": REASON}

    outcomes = at_once(
        *(partial(staff.add, by=make_staff("Administrator"), **facts) for _ in range(2))
    )

    assert one_wins(outcomes, refused_with=staff.AlreadyStaff) == User.objects.get(
        email=facts["email"]
    )
