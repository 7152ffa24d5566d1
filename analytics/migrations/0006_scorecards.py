"""Chosen numbers, and what the five are compared with."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("analytics", "0005_audiences")]
    operations = []
