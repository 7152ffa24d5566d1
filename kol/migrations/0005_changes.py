"""What people change of campaigns."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('kol', '0004_access')]

    operations = []
