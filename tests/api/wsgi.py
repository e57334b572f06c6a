"""The product as gunicorn runs it, but with the tests' own hasher of passwords.

Argon2 is slow on purpose; that it is what production takes is told by test_sign_in.
"""

from django.conf import settings

from console.wsgi import application

__all__ = ["application"]

settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
