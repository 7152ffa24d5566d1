"""What agencies and guests see."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('kol', '0003_statements')]

    operations = [
        migrations.RemoveConstraint(
            model_name='agencymembership',
            name='agencymembership_agency_username',
        ),
        migrations.AddConstraint(
            model_name='agencymembership',
            constraint=models.UniqueConstraint(fields=('username',), name='agencymembership_username'),
        ),
    ]
