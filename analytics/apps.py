"""Application analytics."""

from django.apps import AppConfig


class AnalyticsApp(AppConfig):
    name = "analytics"
    default_auto_field = "django.db.models.BigAutoField"
