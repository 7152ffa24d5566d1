"""What looks odd of an influencer, with evidence."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('analytics', '0012_campaigns')]

    operations = []
