"""Numbers of influencers."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('analytics', '0011_credits'), ('kol', '0001_campaigns')]

    operations = []
