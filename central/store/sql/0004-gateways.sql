-- What is known of each gateway beside its entries.
CREATE TABLE IF NOT EXISTS gateway_state (
    site             text NOT NULL,
    gateway          text NOT NULL,
    state            text NOT NULL DEFAULT 'unknown',  -- online, offline, lost
    state_at         $time,
    last_contact     $time,                    -- the last message that was not a retained one
    version          text,
    logid            text,                     -- the log it writes now
    oldest           $int,                   -- of its last birth
    next             $int,
    health_at        $time,
    clock_state      text,                     -- of the gateway's own clock
    clock_offset_s   $real,
    worst_offset_s   $real,                    -- the largest offset of its devices' clocks
    backlog          $int,
    oldest_unacked_s $int,
    PRIMARY KEY (site, gateway)
)$strict;

-- Keys that sign checkpoints. Only those that are trusted prove anything.
CREATE TABLE IF NOT EXISTS signing_key (
    site    text NOT NULL,
    gateway text NOT NULL,
    key     text NOT NULL,                     -- its name: 16 hex digits
    public  text NOT NULL,                     -- 64 hex digits
    trusted $bool NOT NULL,
    why     text NOT NULL,                     -- first contact, provisioned, rotation, operator, or: not the pinned one
    since   $time NOT NULL,
    PRIMARY KEY (site, gateway, key)
)$strict;

-- What somebody should look at; each fact once. handled_at is for whoever did.
CREATE TABLE IF NOT EXISTS alarm (
    fact       text NOT NULL PRIMARY KEY,
    at         $time NOT NULL,
    kind       text NOT NULL,
    site       text NOT NULL,
    gateway    text NOT NULL,
    logid      text,
    text       text NOT NULL,
    handled_at $time
)$strict;
CREATE INDEX IF NOT EXISTS alarm_open ON alarm (site, gateway) WHERE handled_at IS NULL;
