"""Application kol."""

from django.apps import AppConfig


class KolApp(AppConfig):
    name = "kol"
    default_auto_field = "django.db.models.BigAutoField"
