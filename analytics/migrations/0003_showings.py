"""Product moments."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("analytics", "0002_open_view"), ("commerce", "0006_broadcasts")]
    operations = []
