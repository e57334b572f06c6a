"""A text column whose value at rest is encrypted, for secrets that must be sent on in clear."""

from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


@lru_cache
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    """The first key encrypts; the others still decrypt, so that keys can be changed in service."""
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))


class EncryptedTextField(models.TextField):
    def get_prep_value(self, value: str | None) -> str | None:
        if not value:
            return value
        return cipher().encrypt(value.encode()).decode()

    def from_db_value(
        self, value: str | None, expression: object, connection: object
    ) -> str | None:
        if not value:
            return value
        return cipher().decrypt(value.encode()).decode()
