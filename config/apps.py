"""The wiring app: settings, edge, private servers and the commands that run the whole."""

from django.apps import AppConfig


class ConfigApp(AppConfig):
    name = "config"
    verbose_name = "Wiring"
