"""Users and groups, with what they sign in by."""

from typing import Any

from allauth.account import admin as address_admin
from allauth.account.models import EmailAddress
from allauth.mfa import admin as mfa_admin
from allauth.mfa.models import Authenticator
from allauth.socialaccount import admin as provider_admin
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import User

POWERS = ("is_superuser", "is_staff", "groups", "user_permissions")
"""What only a superuser may hand out."""

REGISTERED_ELSEWHERE = {
    address_admin: (EmailAddress,),
    mfa_admin: (Authenticator,),
    provider_admin: (SocialAccount, SocialApp, SocialToken),
}
"""Shown on the page of the user they belong to, or set by the environment, and so not as lists of their own."""

for models in REGISTERED_ELSEWHERE.values():
    admin.site.unregister(models)
admin.site.unregister(Group)


class NewUserForm(UserCreationForm):
    """A new user, known by the address."""

    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        """Addresses are kept in small letters."""
        return self.cleaned_data["email"].lower()


class EmailAddressInline(TabularInline):
    """The user's addresses."""

    model = EmailAddress
    fields = ("email", "primary", "verified")
    extra = 0
    tab = True
    hide_title = True


class SocialAccountInline(TabularInline):
    """Providers that the user signs in by; removing one disconnects it."""

    model = SocialAccount
    fields = readonly_fields = ("provider", "uid", "last_login", "date_joined")
    extra = 0
    tab = True
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only the user can connect one."""
        return False


class AuthenticatorInline(TabularInline):
    """Second factors; removing one lets a user in who has lost the device."""

    model = Authenticator
    verbose_name_plural = _("Second factors")
    fields = readonly_fields = ("type", "created_at", "last_used_at")
    extra = 0
    tab = True
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only the user can set one up."""
        return False


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """Those who sign in here. Only superusers hand out powers, or touch other superusers."""

    form = UserChangeForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "is_active", "is_staff", "is_superuser", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups")
    list_filter_sheet = True
    search_fields = ("email", "name")
    ordering = ("-date_joined",)
    readonly_fields = ("date_joined", "last_login")
    fieldsets = (
        (None, {"fields": ("email", "name", "password", "is_active", "date_joined", "last_login")}),
        (_("Powers"), {"fields": POWERS}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "usable_password", "password1", "password2"), "classes": ("wide",)}),
    )
    filter_horizontal = ("groups", "user_permissions")
    inlines = (EmailAddressInline, SocialAccountInline, AuthenticatorInline)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Powers can be read by all who see the page."""
        own = tuple(super().get_readonly_fields(request, obj))
        return own if request.user.is_superuser else own + POWERS

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """None on the page of a user still to be made."""
        return self.inlines if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As granted, but not over those of more power."""
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As granted, but not over those of more power."""
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Groups of permissions."""


def _may_touch(request: HttpRequest, user: Any) -> bool:
    return request.user.is_superuser or not (isinstance(user, User) and user.is_superuser)
