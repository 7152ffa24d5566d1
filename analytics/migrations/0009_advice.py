"""Recommendations and debriefs."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("analytics", "0008_broadcasts")]
    operations = []
