-- The logs, their entries with the exact bytes, and how far each has come.

-- One log of one gateway, from its first entry to the end of its epoch.
CREATE TABLE IF NOT EXISTS log (
    logid        $name NOT NULL PRIMARY KEY,   -- <gateway>.<epoch>
    site         text NOT NULL,
    gateway      text NOT NULL,
    first_seen   $time NOT NULL,
    last_entry   $time,                        -- when the last entry came that was news
    through      $int NOT NULL DEFAULT 0,    -- everything from 1 through here is held, or lost for good
    hash         $bytes,                       -- of the entry `through`
    highest      $int NOT NULL DEFAULT 0,    -- the highest that is counted
    newest       $int NOT NULL DEFAULT 0,    -- the highest that is held
    pieces       $int NOT NULL DEFAULT 0,    -- rows of hole and loss
    forked       $bool NOT NULL DEFAULT $false,
    continued_by text                          -- the log that took its place
)$strict;
CREATE INDEX IF NOT EXISTS log_gateway ON log (site, gateway, first_seen);

-- What is missing below the highest entry, and asked for.
CREATE TABLE IF NOT EXISTS hole (
    logid $name NOT NULL REFERENCES log,
    first $int NOT NULL,
    last  $int NOT NULL,
    since $time NOT NULL,
    PRIMARY KEY (logid, first),
    CHECK (0 < first AND first <= last)
)$strict;

-- What the log itself declared lost for good: kept for ever, less what came after all.
CREATE TABLE IF NOT EXISTS loss (
    logid   $name NOT NULL REFERENCES log,
    first   $int NOT NULL,
    last    $int NOT NULL,
    told_by text NOT NULL,                     -- "birth", or logid and sequence of the audit entry
    at      $time NOT NULL,
    PRIMARY KEY (logid, first),
    CHECK (0 < first AND first <= last)
)$strict;

-- Entries that came a second time with other bytes: the first are in `entry`.
CREATE TABLE IF NOT EXISTS fork (
    logid    $name NOT NULL REFERENCES log,
    sequence $int NOT NULL,
    hash     $bytes NOT NULL,
    raw      $bytes NOT NULL,
    topic    text NOT NULL,
    received $time NOT NULL,
    PRIMARY KEY (logid, sequence, hash)
)$strict;

-- What is no message of the contract, as it came.
CREATE TABLE IF NOT EXISTS dead_letter (
    digest   $bytes NOT NULL PRIMARY KEY,      -- SHA-256 of topic, a zero byte and payload
    topic    text NOT NULL,
    payload  $bytes NOT NULL,                  -- at most its first 65536 bytes
    size     $int NOT NULL,                  -- how many there were
    reason   text NOT NULL,
    times    $int NOT NULL,                  -- how often it came
    first_at $time NOT NULL,
    last_at  $time NOT NULL
)$strict;
