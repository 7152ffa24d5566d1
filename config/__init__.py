"""Wiring. Celery's app is made with the package, so that every process sends its hints to the same broker."""

from config.celery import app as celery

__all__ = ["celery"]
