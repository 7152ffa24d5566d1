"""Application commerce."""

from django.apps import AppConfig


class CommerceApp(AppConfig):
    name = "commerce"
    default_auto_field = "django.db.models.BigAutoField"
