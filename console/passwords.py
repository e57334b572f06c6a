"""Staff's own passwords: changed while signed in, or set through a link that works once."""

from typing import Any

from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import PasswordResetConfirmView
from django.urls import reverse, reverse_lazy
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from unfold.forms import AdminOwnPasswordChangeForm
from unfold.widgets import UnfoldAdminPasswordWidget

from tenancy.models import User
from tenancy.services import passwords
from tenancy.services.password_links import LinkTokens


class StaffLinkTokens(LinkTokens):
    """Of staff's links alone: the product's do not open the console."""

    key_salt = "console.passwords"


link_tokens = StaffLinkTokens()


class ChangeOwnPasswordForm(AdminOwnPasswordChangeForm):
    """Django's checks; the service writes, so that only the password is saved, and audited."""

    def save(self, commit: bool = True) -> User:
        return _set(self.user, self.cleaned_data["new_password1"], "Changed by the person.")


class SetOwnPasswordForm(SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})

    def save(self, commit: bool = True) -> User:
        return _set(self.user, self.cleaned_data["new_password1"], "Set through a sign-in link.")


class SetPassword(PasswordResetConfirmView):
    """The page behind a sign-in link. It works once, for three days (PASSWORD_RESET_TIMEOUT)."""

    form_class = SetOwnPasswordForm
    token_generator = link_tokens
    template_name = "console/set_password.html"
    success_url = reverse_lazy("admin:login")
    title = "Set your password"

    def get_user(self, uidb64: str) -> User | None:
        user = super().get_user(uidb64)
        return user if user is not None and user.is_staff and user.is_active else None


def sign_in_link(user: User) -> str:
    """The path of the page where this person, and nobody without the link, sets a password."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("set-password", args=(uid, link_tokens.make_token(user)))


def _set(user: User, password: str, reason: str) -> User:
    # request.user is a lazy stand-in, and the session needs the new hash on that very object.
    person = passwords.set_own(user=User.objects.get(pk=user.pk), password=password, reason=reason)
    user.password = person.password
    return person
