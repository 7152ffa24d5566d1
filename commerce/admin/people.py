"""Who may sign in, and the record of what they changed: for superusers alone."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from commerce.admin.scope import Page, ReadOnly, SuperuserOnly

if TYPE_CHECKING:
    Users = UserAdmin[User]
else:
    Users = UserAdmin

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserPage(SuperuserOnly, Users, Page):
    """Accounts. They are switched off and never deleted: the record of changes names them."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Memberships name the account: its name stays."""
        return [] if obj is None else ["username", "last_login", "date_joined"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


@admin.register(Group)
class GroupPage(SuperuserOnly, GroupAdmin, Page):
    """Sets of permissions: what a member of staff may do with the rows a membership shows."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers alone."""
        return self.has_change_permission(request, obj)


@admin.register(LogEntry)
class RecordPage(ReadOnly, SuperuserOnly, Page):
    """Every change by a person: who, when and what."""

    list_per_page = 25
    show_full_result_count = False
    list_display = ("action_time", "user", "content_type", "object_repr", "action_flag", "told")
    list_select_related = ("user", "content_type")
    list_filter = ("action_flag", "user")
    search_fields = ("object_id__exact", "object_repr")
    fields = (
        "action_time",
        "user",
        "content_type",
        "object_id",
        "object_repr",
        "action_flag",
        "told",
    )

    @admin.display(description="What")
    def told(self, entry: LogEntry) -> str:
        """The change in words."""
        return entry.get_change_message()
