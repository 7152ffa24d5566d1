"""Cohorts of customers."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('analytics', '0015_lives')]

    operations: list[object] = []
