"""What people changed."""

import commerce.models.base
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('commerce', '0003_day_start'),
    ]

    operations = [
        migrations.CreateModel(
            name='RecordEntry',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('who', models.CharField(help_text="The person's login, or the name of the key.", max_length=200)),
                ('action', models.CharField(help_text='A verb and its object, such as `appeal_violation`.', max_length=60)),
                ('subject_kind', models.CharField(max_length=60)),
                ('subject_id', models.UUIDField(null=True)),
                ('reason', models.TextField(blank=True)),
                ('details', models.JSONField(default=dict)),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
            ],
            options={
                'verbose_name': 'record entry',
                'verbose_name_plural': 'record',
                'indexes': [models.Index(fields=['partner', '-at', '-id'], name='record_partner_at'), models.Index(fields=['partner', 'subject_id'], name='record_partner_subject')],
            },
        ),
    ]
