"""What a platform says of who sold an order, and people by their keyed hashes."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('commerce', '0007_campaigns')]

    operations = [
        migrations.AddField(
            model_name='order',
            name='affiliate_commission',
            field=models.DecimalField(decimal_places=4, help_text='What the platform says it takes for the creator.', max_digits=20, null=True),
        ),
        migrations.AddField(
            model_name='order',
            name='affiliate_creator',
            field=models.CharField(blank=True, db_default='', help_text='The creator the platform says brought it.', max_length=200),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(condition=models.Q(('email_hash', ''), _negated=True), fields=['partner', 'email_hash'], name='customer_partner_email'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(condition=models.Q(('phone_hash', ''), _negated=True), fields=['partner', 'phone_hash'], name='customer_partner_phone'),
        ),
    ]
