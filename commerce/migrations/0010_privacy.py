"""Persons who were erased."""

import django.db.models.deletion
from django.db import migrations, models

import commerce.models.base


class Migration(migrations.Migration):
    dependencies = [("commerce", "0009_customers")]

    operations = [
        migrations.CreateModel(
            name="Suppression",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=commerce.models.base.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "digest",
                    models.UUIDField(
                        help_text="Keyed hash of an id and its source, or of an e-mail's or phone's hash."
                    ),
                ),
                ("at", models.DateTimeField(help_text="When the person was erased.")),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="commerce.partner",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("partner", "digest"), name="suppression_partner_digest")
                ],
            },
        ),
    ]
