-- received: when the centre had it; hash: SHA-256 of raw; raw: the exact bytes.
CREATE TABLE IF NOT EXISTS entry (
    logid        TEXT NOT NULL REFERENCES log,
    sequence     INTEGER NOT NULL CHECK (sequence > 0),
    received     TEXT NOT NULL,
    kind         TEXT NOT NULL,
    source       TEXT NOT NULL,
    id           TEXT NOT NULL,
    recordedtime TEXT,
    hash         BLOB NOT NULL CHECK (length(hash) = 32),
    raw          BLOB NOT NULL,
    PRIMARY KEY (logid, sequence)
) STRICT;
