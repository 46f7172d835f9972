-- Token-transfer events, version 1.

-- What the database is.
CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How far the events of each source are complete.
CREATE TABLE positions (
    source      TEXT    NOT NULL PRIMARY KEY, -- the id of the source in the pipeline
    fingerprint TEXT    NOT NULL,             -- what the source said it is
    through     INTEGER NOT NULL              -- everything up to this ledger is here
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    source            TEXT    NOT NULL, -- the id of the source in the pipeline
    ledger_sequence   INTEGER NOT NULL,
    event_index       INTEGER NOT NULL, -- the place among the events of its ledger, from 0
    branch            TEXT    NOT NULL, -- empty, unless a processor makes several events of one
    closed_at         TEXT    NOT NULL, -- when the ledger closed: RFC 3339, UTC
    tx_hash           TEXT    NOT NULL, -- 64 lowercase hexadecimal digits
    transaction_index INTEGER NOT NULL, -- from 1, in the order of application
    operation_index   INTEGER,          -- from 1; null for fees
    kind              TEXT    NOT NULL, -- transfer, mint, burn, clawback or fee
    from_account      TEXT,             -- null for mints; also a contract, a pool or a claimable balance
    to_account        TEXT,             -- only of transfers and mints
    asset             TEXT,             -- native or CODE:ISSUER; null for a token that is no classic asset
    asset_code        TEXT,             -- null for the lumen
    asset_issuer      TEXT,             -- null for the lumen
    amount            TEXT    NOT NULL, -- a whole number of the token's smallest unit; a refund is a negative fee
    contract_address  TEXT    NOT NULL, -- the token's contract
    to_muxed_kind     TEXT,             -- what to_muxed says: text, id or hash (as hexadecimal digits)
    to_muxed          TEXT,             -- whom the destination receives for
    PRIMARY KEY (source, ledger_sequence, event_index, branch)
) STRICT, WITHOUT ROWID;

CREATE INDEX events_from ON events (from_account, ledger_sequence) WHERE from_account IS NOT NULL;
CREATE INDEX events_to ON events (to_account, ledger_sequence) WHERE to_account IS NOT NULL;
CREATE INDEX events_asset ON events (asset, ledger_sequence) WHERE asset IS NOT NULL;
CREATE INDEX events_transaction ON events (tx_hash);

-- Events of classic assets with the amount in whole tokens, which have seven decimal places.
CREATE VIEW amounts AS
SELECT
    ledger_sequence, closed_at, tx_hash, operation_index, kind, from_account, to_account, asset,
    CASE WHEN amount LIKE '-%' THEN '-' ELSE '' END
        || ltrim(substr(digits, 1, length(digits) - 8), '0')
        || substr(digits, length(digits) - 7, 1)
        || '.' || substr(digits, -7) AS tokens
FROM (SELECT *, '00000000' || ltrim(amount, '-') AS digits FROM events WHERE asset IS NOT NULL);
