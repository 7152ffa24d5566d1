"""Visits, carts and products of the shop."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('analytics', '0016_cohorts')]

    operations: list[object] = []
