"""Numbers of broadcasts."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("analytics", "0007_history")]
    operations = []
