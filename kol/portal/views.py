"""Pages of the portal: empty frames with words in them; their numbers come through the API."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kol.access import actor_of_login
from kol.portal import attempts, documents
from kol.portal.words import COOKIE, LANGUAGES, catalogue, language_of

# Nothing from elsewhere and nothing inline: what an answer says can never become code.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
YEAR: Final = 365 * 86400

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """A page with the policy, kept by nobody."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **given: Any) -> HttpResponse:
        response = view(request, *args, **given)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cache-Control"] = "no-store"
        response.headers["Vary"] = "Cookie, Accept-Language"
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    return answered


def signed_in(view: View) -> View:
    """A page for those who have signed in; others are asked to, and come back to it."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **given: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            asked = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"{reverse('portal:sign-in')}?{asked}")
        return view(request, *args, **given)

    return answered


def _shown(request: HttpRequest, template: str, *, status: int = 200, **given: Any) -> HttpResponse:
    language = language_of(request)
    words = catalogue(language)
    context = {
        "language": language,
        "languages": LANGUAGES,
        "words": words,
        "problem": words.get(given.pop("problem", ""), ""),
        "setup": {
            "language": language,
            "words": words,
            "documents": documents.ids(),
            "csrf": get_token(request),
            **given.pop("setup", {}),
        },
        **given,
    }
    return render(request, f"portal/{template}.html", context, status=status)


def _own_page(request: HttpRequest, wanted: str) -> str:
    """Where somebody wants to go next, if that is a page of this site."""
    if url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return reverse("portal:campaigns")


@page
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password; back to the page that was asked for."""
    wanted = _own_page(request, request.POST.get("next") or request.GET.get("next") or "")
    if request.method != "POST":
        return _shown(request, "sign_in", next=wanted)
    username = request.POST.get("username", "")
    tried = {"username": username, "address": str(request.META.get("REMOTE_ADDR", ""))}
    told = {"next": wanted, "username": username}
    if attempts.is_one_too_many(**tried):
        return _shown(request, "sign_in", status=429, problem="too_many_attempts", **told)
    user: Any = authenticate(request, username=username, password=request.POST.get("password", ""))
    if user is None:
        return _shown(request, "sign_in", status=403, problem="wrong_password", **told)
    attempts.forget(**tried)
    if (
        actor_of_login(username=user.get_username(), is_staff=user.is_staff, is_superuser=user.is_superuser)
        is None
    ):
        return _shown(request, "sign_in", status=403, problem="no_access", **told)
    login(request, user)
    return redirect(wanted)


@page
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("portal:sign-in")


@page
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the language somebody chose, and go back."""
    response = redirect(_own_page(request, request.POST.get("next", "")))
    if (language := request.POST.get("language", "")) in LANGUAGES:
        response.set_cookie(
            COOKIE, language, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    return response


@page
@signed_in
@require_safe
def campaigns(request: HttpRequest) -> HttpResponse:
    """All campaigns one may see."""
    return _shown(request, "campaigns")


@page
@signed_in
@require_safe
def campaign(request: HttpRequest, identity: str) -> HttpResponse:
    """One campaign."""
    return _shown(request, "campaign", setup={"id": identity})


@page
@signed_in
@require_safe
def kol(request: HttpRequest, identity: str) -> HttpResponse:
    """One KOL."""
    return _shown(request, "kol", setup={"id": identity})
