"""Whom to follow up after a session."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('analytics', '0019_model_runs')]

    operations: list[object] = []
