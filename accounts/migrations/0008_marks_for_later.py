from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_tombstones")]

    operations = [
        migrations.AddField(
            model_name="stirring",
            name="is_later",
            field=models.BooleanField(db_default=False, verbose_name="to be looked at once more"),
        ),
    ]
