"""Reviews of numbers."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('analytics', '0020_follow_ups')]

    operations: list[object] = []
