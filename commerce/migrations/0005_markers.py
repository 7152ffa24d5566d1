"""Violations and their appeals, giveaways, promotions."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("commerce", "0004_record")]
    operations = []
