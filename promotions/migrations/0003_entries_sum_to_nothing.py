from django.db import migrations

CHECK = """
CREATE FUNCTION promotions_entries_sum_to_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE changed uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.transfer_id ELSE NEW.transfer_id END;
BEGIN
    IF (SELECT sum(amount) FROM promotions_entry WHERE transfer_id = changed) <> 0 THEN
        RAISE EXCEPTION 'The entries of transfer % do not sum to 0.', changed USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entries_sum_to_nothing AFTER INSERT OR UPDATE OR DELETE ON promotions_entry
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION promotions_entries_sum_to_nothing();
"""
NO_CHECK = """
DROP TRIGGER entries_sum_to_nothing ON promotions_entry;
DROP FUNCTION promotions_entries_sum_to_nothing();
"""


class Migration(migrations.Migration):

    dependencies = [("promotions", "0002_points")]

    operations = [migrations.RunSQL(CHECK, NO_CHECK)]
