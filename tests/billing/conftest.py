import pytest

from tenancy.models import User
from tests.factories import make_staff


@pytest.fixture
def ann(db: None) -> User:
    """An approver."""
    return make_staff("Approver", email="ann@igny8.example")
