"""Pages of the portal: empty frames with words in them; their numbers come through the API."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

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
            return HttpResponseRedirect(f"{reverse('portal:sign-in')}?next={request.path}")
        return view(request, *args, **given)

    return answered


def _shown(request: HttpRequest, template: str, *, status: int = 200, **given: Any) -> HttpResponse:
    language = language_of(request)
    words = catalogue(language)
    context = {
        "language": language,
        "languages": LANGUAGES,
        "words": words,
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


@page
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password; back to the page that was asked for."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if not url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        wanted = reverse("portal:campaigns")
    if request.method == "GET":
        return _shown(request, "sign_in", next=wanted)
    username, address = request.POST.get("username", ""), str(request.META.get("REMOTE_ADDR", ""))
    if attempts.are_too_many(username=username, address=address):
        return _shown(request, "sign_in", status=429, next=wanted, username=username, problem="too_many_attempts")
    user = authenticate(request, username=username, password=request.POST.get("password", ""))
    if user is None:
        attempts.note_failure(username=username, address=address)
        return _shown(request, "sign_in", status=403, next=wanted, username=username, problem="wrong_password")
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
    wanted = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        wanted = reverse("portal:campaigns")
    response = redirect(wanted)
    if (language := request.POST.get("language", "")) in LANGUAGES:
        response.set_cookie(COOKIE, language, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure())
    return response


@page
@signed_in
@require_GET
def campaigns(request: HttpRequest) -> HttpResponse:
    """All campaigns one may see."""
    return _shown(request, "campaigns")


@page
@signed_in
@require_GET
def campaign(request: HttpRequest, identity: str) -> HttpResponse:
    """One campaign."""
    return _shown(request, "campaign", setup={"id": identity})


@page
@signed_in
@require_GET
def kol(request: HttpRequest, identity: str) -> HttpResponse:
    """One KOL."""
    return _shown(request, "kol", setup={"id": identity})
