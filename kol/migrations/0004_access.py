"""What agencies and guests see."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('kol', '0003_statements')]

    operations = []
