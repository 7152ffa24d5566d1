"""Several broadcasts, one session."""

import commerce.models.base
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("commerce", "0005_markers")]
    operations = [
        migrations.AddField(
            model_name='livesession',
            name='is_merged',
            field=models.BooleanField(db_default=False, editable=False, help_text='Made of broadcasts; no source tells of it.'),
        ),
        migrations.AddField(
            model_name='livesession',
            name='merged_into',
            field=models.ForeignKey(blank=True, db_index=False, help_text='The session this one is a broadcast of.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='commerce.livesession'),
        ),
        migrations.AddField(
            model_name='livesession',
            name='split_at',
            field=models.DateTimeField(blank=True, help_text='When its broadcasts were taken apart again: nothing is left of it.', null=True),
        ),
        migrations.AddIndex(
            model_name='livesession',
            index=models.Index(condition=models.Q(('merged_into__isnull', False)), fields=['partner', 'merged_into'], name='session_partner_merged'),
        ),
        migrations.CreateModel(
            name='KeptApart',
            fields=[
                ('id', models.UUIDField(default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('who', models.CharField(max_length=200)),
                ('reason', models.TextField(blank=True)),
                ('first', models.ForeignKey(db_index=False, help_text='The lesser id.', on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.partner')),
                ('second', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='commerce.livesession')),
            ],
            options={
                'verbose_name': 'kept apart',
                'verbose_name_plural': 'kept apart',
                'constraints': [models.UniqueConstraint(fields=('partner', 'first', 'second'), name='apart_partner_pair')],
            },
        ),
    ]
