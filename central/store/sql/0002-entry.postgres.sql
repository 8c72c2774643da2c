-- received: when the centre had it; hash: SHA-256 of raw; raw: the exact bytes. One partition a month of `received`,
-- made ahead by the ingester; what is too old is dropped with its partition.
CREATE TABLE IF NOT EXISTS entry (
    logid        text COLLATE "C" NOT NULL,
    sequence     bigint NOT NULL CHECK (sequence > 0),
    received     timestamptz NOT NULL,
    kind         text NOT NULL,
    source       text NOT NULL,
    id           text NOT NULL,
    recordedtime timestamptz,
    hash         bytea NOT NULL CHECK (length(hash) = 32),
    raw          bytea NOT NULL,
    PRIMARY KEY (logid, sequence, received)
) PARTITION BY RANGE (received);

CREATE TABLE IF NOT EXISTS entry_default PARTITION OF entry DEFAULT;

-- The key of an entry across all partitions, and in which of them it is.
CREATE TABLE IF NOT EXISTS entry_key (
    logid    text COLLATE "C" NOT NULL REFERENCES log,
    sequence bigint NOT NULL,
    received timestamptz NOT NULL,
    PRIMARY KEY (logid, sequence)
);
