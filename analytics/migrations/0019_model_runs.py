"""Models of what customers will buy."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('analytics', '0018_splits')]

    operations: list[object] = []
