"""Addresses of the portal."""

from django.urls import path

from kol.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.campaigns, name="campaigns"),
    path("campaigns/<slug:identity>/", views.campaign, name="campaign"),
    path("kols/<slug:identity>/", views.kol, name="kol"),
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("language/", views.choose_language, name="language"),
]
