"""What pages of keys share: a key is made once, shown once and revoked; nothing of it is ever edited."""

from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID
from weakref import WeakKeyDictionary

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from commerce.admin.scope import Form, Page

HELP: Final = {
    "name": "What the key is for, as this list shows it.",
    "expires_at": "In UTC. Empty: until it is revoked.",
}
_ISSUED: Final = WeakKeyDictionary[HttpRequest, str]()
"""The text of a key, from where it is made to the answer: gone with the request it was made in."""


class IssuingForm(Form):
    """What a new key is for, and until when."""

    def clean_expires_at(self) -> datetime | None:
        """An end that is still to come."""
        expires_at: datetime | None = self.cleaned_data["expires_at"]
        if expires_at is not None and expires_at <= timezone.now():
            raise forms.ValidationError("This time has passed.")
        return expires_at


class IssuingPage(Page):
    """Keys of somebody by their public part."""

    owner: ClassVar[str]
    """The field that says whose key it is."""
    asked: ClassVar[tuple[str, ...]]
    """What a new key is made of."""
    known: ClassVar[tuple[str, ...]]
    """What is told of a key, without its hash."""

    ordering = ("-id",)
    actions = ("revoke",)

    def issue(self, key: Any, form: Any) -> tuple[str, UUID]:
        """Make the key that the form describes; answers its text and its row's id."""
        raise NotImplementedError

    def end(self, key: Any, *, now: datetime) -> None:
        """Revoke a key."""
        raise NotImplementedError

    def purpose(self, key: Any) -> str:
        """What a key is for, behind the word `for`."""
        raise NotImplementedError

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """A form for a new key; what is known of an old one."""
        return list(self.asked if obj is None else self.known)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """All of an old key."""
        return [] if obj is None else list(self.known)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: a revoked key stays on record."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Who may end keys."""
        raise NotImplementedError

    @admin.display(description="Key", ordering="public")
    def public_part(self, key: Any) -> str:
        """The part that may be shown."""
        return f"ll_live_{key.public}…"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Issue the key; its text lives as long as this request, and is in no record."""
        _ISSUED[request], identity = self.issue(obj, form)
        made = self.model._default_manager.get(pk=identity, **{self.owner: getattr(obj, self.owner)})
        obj.__dict__.update(made.__dict__)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the key in this answer, and nowhere else ever."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "The new key",
            "key": _ISSUED.pop(request),
            "owner": getattr(obj, self.owner),
            "purpose": self.purpose(obj),
            "expires_at": obj.expires_at,
        }
        return TemplateResponse(request, "commerce/admin/key_issued.html", context)

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """End their lives; within five seconds nobody accepts them."""
        open_keys = list(queryset.filter(revoked_at=None))
        for key in open_keys:
            self.end(key, now=timezone.now())
            self.log_change(request, key, "Revoked.")
        messages.success(request, f"Revoked {len(open_keys)}; within five seconds no process accepts them.")
