"""Statements that never change once they are locked."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('kol', '0002_links')]

    operations = []
