"""Where viewers come from, and who they are."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("analytics", "0004_markers")]
    operations = []
