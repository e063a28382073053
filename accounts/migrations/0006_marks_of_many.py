import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_contact_digests_name_their_key'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='stirring',
            options={'verbose_name': 'mark on accounts', 'verbose_name_plural': 'marks on accounts'},
        ),
        migrations.AddField(
            model_name='stirring',
            name='account_ids',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None, verbose_name='accounts'),
            preserve_default=False,
        ),
        migrations.RunSQL(
            'UPDATE accounts_stirring SET account_ids = ARRAY[account_id]',
            'DELETE FROM accounts_stirring',
        ),
        migrations.RemoveField(
            model_name='stirring',
            name='account_id',
        ),
    ]
