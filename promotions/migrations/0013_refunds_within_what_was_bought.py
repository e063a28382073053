from django.db import migrations

CHECK = """
CREATE FUNCTION promotions_refunds_within_what_was_bought() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_redemption uuid := (SELECT redemption_id FROM promotions_refund WHERE id = NEW.refund_id);
    bought bigint;
BEGIN
    -- Whoever else refunds the same order waits here, so that the sum below is of all refunds.
    SELECT CASE WHEN lines->NEW.line->>0 = '' THEN (lines->NEW.line->>1)::bigint * (lines->NEW.line->>2)::bigint
        ELSE (lines->NEW.line->>2)::bigint END
    INTO bought FROM promotions_redemption WHERE id = of_redemption FOR NO KEY UPDATE;
    IF bought IS NULL OR bought < (
        SELECT sum(units) FROM promotions_refundline part JOIN promotions_refund whole ON whole.id = part.refund_id
        WHERE whole.redemption_id = of_redemption AND part.line = NEW.line
    ) THEN
        RAISE EXCEPTION 'More units of line % of redemption % would be refunded than were bought.',
            NEW.line, of_redemption USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER refunds_within_what_was_bought AFTER INSERT OR UPDATE ON promotions_refundline
FOR EACH ROW EXECUTE FUNCTION promotions_refunds_within_what_was_bought();
"""
NO_CHECK = """
DROP TRIGGER refunds_within_what_was_bought ON promotions_refundline;
DROP FUNCTION promotions_refunds_within_what_was_bought();
"""


class Migration(migrations.Migration):

    dependencies = [("promotions", "0012_refunds")]

    operations = [migrations.RunSQL(CHECK, NO_CHECK)]
