"""Statements that never change once they are locked."""

from django.db import migrations

# For every role, the owner's and the worker's too: a rule of the tables, not a habit of the code.
# Who joins or locks a statement waits for the other at its row: lines are never summed while some join.
FUNCTIONS = """
CREATE FUNCTION kol_claimline_joins(line kol_claimline) RETURNS void LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE found_on kol_statement;
BEGIN
    SELECT * INTO found_on FROM kol_statement s
    WHERE s.partner_id = line.partner_id AND s.id = line.statement_id FOR SHARE;
    IF found_on.id IS NULL OR found_on.collaboration_id <> line.collaboration_id
        OR found_on.currency <> line.currency THEN
        RAISE EXCEPTION 'A line is on a statement of its own collaboration and currency, or on none.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF found_on.status IN ('LOCKED', 'PAID') THEN
        RAISE EXCEPTION 'A locked statement never changes: no line joins statement %.', line.statement_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
END $$;

CREATE FUNCTION kol_claimline_written_once() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
        RAISE EXCEPTION 'A line of a claim is never deleted: what changes later is a line of its own.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - 'statement_id' <> to_jsonb(OLD) - 'statement_id' THEN
            RAISE EXCEPTION 'A line of a claim is written once: only the statement it is on may change.'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.statement_id IS NOT DISTINCT FROM OLD.statement_id THEN
            RETURN NEW;
        END IF;
        PERFORM FROM kol_statement s
        WHERE s.partner_id = OLD.partner_id AND s.id = OLD.statement_id FOR SHARE;
        IF EXISTS (
            SELECT FROM kol_statement s
            WHERE s.partner_id = OLD.partner_id AND s.id = OLD.statement_id AND s.status IN ('LOCKED', 'PAID')
        ) THEN
            RAISE EXCEPTION 'A locked statement never changes: no line leaves statement %.', OLD.statement_id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    IF NEW.statement_id IS NOT NULL THEN
        PERFORM kol_claimline_joins(NEW);
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION kol_statement_stays() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    paying text[] := ARRAY['status', 'paid_at', 'payment_reference'];
    whose text[] := ARRAY['status', 'total', 'approved_at', 'locked_at', 'paid_at', 'payment_reference'];
    sum_of_lines numeric;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'A locked statement is never deleted, and not all statements together.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'ESTIMATED' THEN
            RAISE EXCEPTION 'A statement begins as an estimate.'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF OLD.status IN ('LOCKED', 'PAID') THEN
            RAISE EXCEPTION 'A locked statement is never deleted: statement %.', OLD.id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status = 'PAID' THEN
        RAISE EXCEPTION 'A locked statement never changes: statement % is paid.', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    ELSIF OLD.status = 'LOCKED' THEN
        IF to_jsonb(NEW) - paying <> to_jsonb(OLD) - paying OR NEW.status <> 'PAID' THEN
            RAISE EXCEPTION 'A locked statement never changes: statement % can only be paid.', OLD.id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    ELSIF to_jsonb(NEW) - whose <> to_jsonb(OLD) - whose THEN
        RAISE EXCEPTION 'A statement stays of its collaboration, currency and period.'
            USING ERRCODE = 'integrity_constraint_violation';
    ELSIF NEW.status = 'PAID' OR (NEW.status = 'LOCKED' AND OLD.status <> 'APPROVED') THEN
        RAISE EXCEPTION 'A statement is approved, then locked, then paid.'
            USING ERRCODE = 'integrity_constraint_violation';
    ELSIF NEW.status = 'LOCKED' THEN
        SELECT COALESCE(sum(l.amount), 0) INTO sum_of_lines FROM kol_claimline l
        WHERE l.partner_id = NEW.partner_id AND l.collaboration_id = NEW.collaboration_id
            AND l.statement_id = NEW.id;
        IF NEW.total IS DISTINCT FROM sum_of_lines THEN
            RAISE EXCEPTION 'The total of a locked statement is the sum of its lines: % and not %.',
                sum_of_lines, NEW.total USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER claimline_written_once BEFORE INSERT OR UPDATE OR DELETE ON kol_claimline
    FOR EACH ROW EXECUTE FUNCTION kol_claimline_written_once();
CREATE TRIGGER claimline_never_emptied BEFORE TRUNCATE ON kol_claimline
    FOR EACH STATEMENT EXECUTE FUNCTION kol_claimline_written_once();
CREATE TRIGGER statement_stays BEFORE INSERT OR UPDATE OR DELETE ON kol_statement
    FOR EACH ROW EXECUTE FUNCTION kol_statement_stays();
CREATE TRIGGER statement_never_emptied BEFORE TRUNCATE ON kol_statement
    FOR EACH STATEMENT EXECUTE FUNCTION kol_statement_stays();
"""

NONE_OF_IT = """
DROP TRIGGER claimline_written_once ON kol_claimline;
DROP TRIGGER claimline_never_emptied ON kol_claimline;
DROP TRIGGER statement_stays ON kol_statement;
DROP TRIGGER statement_never_emptied ON kol_statement;
DROP FUNCTION kol_statement_stays();
DROP FUNCTION kol_claimline_written_once();
DROP FUNCTION kol_claimline_joins(kol_claimline);
"""


class Migration(migrations.Migration):
    """Rules of the tables, in SQL."""

    dependencies = [("kol", "0001_tables")]
    # A database that has this has these rules.
    replaces = [("kol", "0003_statements")]
    operations = [migrations.RunSQL(FUNCTIONS, NONE_OF_IT)]
