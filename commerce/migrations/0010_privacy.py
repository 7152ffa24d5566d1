"""Persons who were erased."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('commerce', '0009_customers')]

    operations: list[object] = []
