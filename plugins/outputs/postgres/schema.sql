-- SPDX-License-Identifier: Apache-2.0
-- Where the outputs of paku keep their cursors: in the database, so that they move in the transaction
-- that stores the rows. Made by `create: true`, or by hand:
--
--     psql -v schema=paku -f schema.sql
--
-- A role that only delivers needs: USAGE on the schema; SELECT, INSERT, UPDATE on cursors; and
-- EXECUTE on the functions, which everybody has unless it was taken away.
CREATE SCHEMA IF NOT EXISTS :"schema";

CREATE TABLE IF NOT EXISTS :"schema".cursors (
    output    text        NOT NULL,           -- name of the output
    lane      integer     NOT NULL,           -- connection of that output, from 0
    journal   uuid        NOT NULL,           -- which journal it reads
    epoch     bigint      NOT NULL,
    sequence  bigint      NOT NULL,           -- everything up to this record is stored
    delivered bigint      NOT NULL DEFAULT 0, -- records stored, or ignored by `on_conflict: ignore`
    dead      bigint      NOT NULL DEFAULT 0, -- records that went to the dead letters instead
    owner     uuid,                           -- the session that may move it
    updated   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (output, lane, journal)
);

-- Moves a cursor from where its session left it. Anything else that it finds is an error, and takes
-- the rows of the transaction with it: PK001, it stands elsewhere; PK002, another session has taken it.
CREATE OR REPLACE FUNCTION :"schema".advance(
    p_output text, p_lane integer, p_journal uuid, p_owner uuid,
    p_from_epoch bigint, p_from_sequence bigint, -- NULL: there is no row yet
    p_epoch bigint, p_sequence bigint, p_delivered bigint, p_dead bigint)
RETURNS void LANGUAGE plpgsql SET search_path = :"schema", pg_temp AS $$
DECLARE
    found_row cursors;
BEGIN
    IF p_from_epoch IS NULL THEN
        INSERT INTO cursors (output, lane, journal, epoch, sequence, delivered, dead, owner)
        VALUES (p_output, p_lane, p_journal, p_epoch, p_sequence, p_delivered, p_dead, p_owner)
        ON CONFLICT DO NOTHING;
    ELSE
        UPDATE cursors
        SET epoch = p_epoch, sequence = p_sequence, delivered = delivered + p_delivered,
            dead = dead + p_dead, updated = now()
        WHERE output = p_output AND lane = p_lane AND journal = p_journal AND owner = p_owner
            AND epoch = p_from_epoch AND sequence = p_from_sequence;
    END IF;
    IF FOUND THEN
        RETURN;
    END IF;
    SELECT * INTO found_row FROM cursors
    WHERE output = p_output AND lane = p_lane AND journal = p_journal;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'PK001', MESSAGE = format(
            'the cursor of output %s, lane %s is gone, it was left at epoch %s, sequence %s',
            p_output, p_lane, p_from_epoch, p_from_sequence);
    ELSIF found_row.owner IS DISTINCT FROM p_owner THEN
        RAISE EXCEPTION USING ERRCODE = 'PK002', MESSAGE = format(
            'the cursor of output %s, lane %s was taken over by another session at %s',
            p_output, p_lane, found_row.updated);
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'PK001', MESSAGE = format(
        'the cursor of output %s, lane %s stands at epoch %s, sequence %s, it was left at %s, %s',
        p_output, p_lane, found_row.epoch, found_row.sequence,
        coalesce(p_from_epoch::text, 'none'), coalesce(p_from_sequence::text, 'none'));
END
$$;

-- What a table's columns are, in a few bytes.
CREATE OR REPLACE FUNCTION :"schema".fingerprint(p_table oid)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT md5(string_agg(
        format('%s %s %s %s %s', attnum, attname, atttypid, atttypmod, attnotnull), ','
        ORDER BY attnum))
    FROM pg_attribute WHERE attrelid = p_table AND attnum > 0 AND NOT attisdropped
$$;

-- Ends the transaction (PK003) when the table is another one than the sender's rows were made for. It
-- runs behind the COPY, whose lock keeps the columns as they were for it.
CREATE OR REPLACE FUNCTION :"schema".verify(p_name text, p_table oid, p_fingerprint text)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = :"schema", pg_temp AS $$
BEGIN
    IF to_regclass(p_name)::oid IS DISTINCT FROM p_table
        OR fingerprint(p_table) IS DISTINCT FROM p_fingerprint THEN
        RAISE EXCEPTION USING ERRCODE = 'PK003',
            MESSAGE = format('the columns of %s have changed', p_name);
    END IF;
END
$$;
