"""Tracking links and clicks."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('kol', '0001_campaigns')]

    operations = []
