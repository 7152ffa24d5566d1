"""What a platform says of who sold an order, and people by their keyed hashes."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('commerce', '0007_campaigns')]

    operations = []
