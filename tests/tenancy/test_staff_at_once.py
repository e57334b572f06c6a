"""Two Administrators who remove each other at the same moment: one of them stays."""

import threading

import pytest
from django.db import connection

from tenancy.models import User
from tenancy.services import staff
from tests.factories import REASON, make_group, make_staff


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
