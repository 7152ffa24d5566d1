"""Rate cards hold from a day on; those there are have always held."""

import datetime

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('analytics', '0013_flags')]

    operations = [
        migrations.AddField(
            model_name='ratecard',
            name='valid_from',
            field=models.DateField(default=datetime.date(1970, 1, 1), help_text="From which day of the partner's calendar on."),
            preserve_default=False,
        ),
    ]
