from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords

from tenancy.emails import lookup_form
from tenancy.models.site import Site
from tenancy.roles import SEES_ALL_SITES, Role


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, email: str) -> "User":
        return self.get(email=lookup_form(email))

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=lookup_form(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person: of an account (with a role), of the console (`is_staff`, with groups), or both."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True)
    account = models.ForeignKey(
        "tenancy.Account", models.PROTECT, null=True, blank=True, related_name="users"
    )
    role = models.CharField(max_length=20, choices=Role, blank=True)
    is_staff = models.BooleanField("console staff", default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)
    token_stamp = models.CharField(
        max_length=32,
        blank=True,
        editable=False,
        help_text="Part of every token of the API: a new one ends those made before.",
    )

    objects = UserManager()
    history = HistoricalRecords(
        table_name="igny8_user_history", excluded_fields=["password", "last_login", "token_stamp"]
    )

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        db_table = "igny8_users"
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions = (
            ("change_role", "Change the role of an account's user"),
            ("deactivate_user", "Deactivate a user or let them back in"),
            ("send_sign_in_link", "Send an account's user a link to choose a password"),
            ("withdraw_invitation", "Withdraw the invitation of somebody who has not joined"),
            ("manage_staff", "Add console staff and choose their groups"),
            ("export_user", "Export users to CSV"),
        )
        indexes = (
            models.Index(fields=("date_joined", "id"), name="user_joined"),
            models.Index(fields=("-id",), name="user_staff", condition=models.Q(is_staff=True)),
        )
        constraints = (
            models.CheckConstraint(
                name="user_email_lower", condition=models.Q(email=Lower("email"))
            ),
            models.CheckConstraint(
                name="user_role_with_account",
                condition=models.Q(account__isnull=False, role__in=Role.values)
                | models.Q(account__isnull=True, role=""),
            ),
            models.UniqueConstraint(fields=("account", "id"), name="user_account_id"),
        )

    def __str__(self) -> str:
        return self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Sessions end with the tokens: none comes back with a person who is let back in."""
        return super()._get_session_auth_hash(secret) + self.token_stamp

    @property
    def has_joined(self) -> bool:
        """Whether they ever had a password or signed in; until then they are invited."""
        return self.has_usable_password() or self.last_login is not None

    @property
    def sees_all_sites(self) -> bool:
        return self.role in SEES_ALL_SITES

    def get_accessible_sites(self) -> models.QuerySet[Site]:
        """The account's sites this person may see: all of them, or those given to them by name."""
        if self.account_id is None or not self.is_active:
            return Site.objects.none()
        sites = Site.objects.filter(account_id=self.account_id)
        if self.sees_all_sites:
            return sites
        return sites.filter(user_accesses__user=self)
