import hashlib
import hmac

from django.conf import settings
from django.db import migrations

CONTACTS = ("email", "phone")
PLAIN = "^[0-9a-f]{64}$"


def name_the_key(apps, schema_editor):
    """Digests of before were made with the secret key; with another first key nothing can be compared with them."""
    key = settings.CONTACT_KEYS[0]
    key_id = hmac.new(key.encode(), b"the name of this contact key", hashlib.sha256).hexdigest()[:8]
    with schema_editor.connection.cursor() as cursor:
        for contact in CONTACTS:
            column = f"{contact}_digest"
            cursor.execute(
                f"UPDATE accounts_linkedaccount SET {column} = CASE WHEN %s AND {column} ~ %s"
                f" THEN %s || {column} ELSE '' END WHERE {column} <> ''",
                [key == settings.SECRET_KEY, PLAIN, f"{key_id}:"],
            )
        cursor.execute(
            "INSERT INTO accounts_matchdue (account_id) SELECT id FROM accounts_linkedaccount"
            " WHERE email_digest <> '' OR phone_digest <> ''"
        )


def forget_the_key(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for contact in CONTACTS:
            column = f"{contact}_digest"
            cursor.execute(f"UPDATE accounts_linkedaccount SET {column} = right({column}, 64) WHERE {column} <> ''")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_matching_and_log_of_joinings")]

    operations = [migrations.RunPython(name_the_key, forget_the_key)]
