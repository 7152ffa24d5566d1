"""Who asks by a cookie: the portal's pages, whose people sign in to Django.

Only with the token that Django gives its own pages, checked by Django's own rules; a request with a key never
comes here.
"""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware

from commerce.access import Actor
from config.api.errors import ErrorCode
from config.api.requests import Call, refused, unauthenticated
from kol.access import actor_of_login


def _page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class _TokenCheck(CsrfViewMiddleware):
    """Django's check: cookie and header hold the same secret, and the page is one of ours."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponseForbidden:
        return HttpResponseForbidden(reason)

    def reason(self, request: HttpRequest) -> str | None:
        """Why a request is not one of our pages'; None when it is."""
        self.process_request(request)
        answer = self.process_view(request, _page, (), {})
        return None if answer is None else answer.content.decode()


_check = _TokenCheck(_page)


def signed_in(call: Call) -> tuple[str, Actor] | None:
    """(name of the budget, actor) of a request's cookie; None without one.

    Raises EarlyAnswerError: 403 without the token, 401 when nobody is signed in who sees anything. Sessions
    are read each time: one that ended is dead at once.
    """
    name = settings.SESSION_COOKIE_NAME
    if call.scope is None or name.encode() not in call.headers.get(b"cookie", b""):
        return None
    # A page that GETs is one of ours too: the token is asked for by every method.
    request = ASGIRequest({**call.scope, "method": "POST"}, BytesIO())
    session = request.COOKIES.get(name)
    if not session:
        return None
    if (reason := _check.reason(request)) is not None:
        raise refused(call, 403, ErrorCode.FORBIDDEN, f"Not from a page of this site: {reason}")
    # What is kept with a login is read as what is kept with a page of the admin is.
    request.session = SessionStore(session_key=session)
    user: Any = get_user(request)
    actor = None
    if user.is_authenticated:
        actor = actor_of_login(
            username=user.get_username(), is_staff=user.is_staff, is_superuser=user.is_superuser
        )
    if actor is None:
        raise unauthenticated(call, "Sign in.")
    return f"login:{user.pk}", actor
