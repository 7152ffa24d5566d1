"""The shop in parts."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('analytics', '0017_shop')]

    operations: list[object] = []
