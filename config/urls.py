"""Pages a browser signs in to; the API's paths are routed before Django (see `config.asgi`)."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("admin/", admin.site.urls), path("portal/", include("kol.portal.urls"))]
