"""Targets with owners, and reports by cadence."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("analytics", "0009_advice")]
    operations = []
