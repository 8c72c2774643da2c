-- Every punch once, by source and id, however often and in however many logs it came: what other systems read.
-- It holds nothing that is not in the entry it came from; `ketuk central verify` holds the two against each other.
CREATE TABLE IF NOT EXISTS punch (
    source         text NOT NULL,              -- /<site>/<device>
    id             text NOT NULL,
    site           text NOT NULL,
    subject        text NOT NULL,              -- pin:… or card:…: by whom, in the device's words
    time           $time,                      -- when; NULL where no clock could be trusted
    local_time     $local,                     -- the same by the wall clock of the office
    method         text NOT NULL,
    direction      text NOT NULL,
    clock_state    text NOT NULL,              -- synced, holdover, unset: how good `time` is
    clock_offset_s $real,                      -- that clock minus the trusted one, where known
    origin         text NOT NULL,              -- live, log or push
    serial         text NOT NULL,              -- of the device
    recordedtime   $time,                      -- when the gateway had it on disk
    received       $time NOT NULL,             -- when the centre had it
    logid          $name NOT NULL,
    sequence       $int NOT NULL,
    PRIMARY KEY (source, id)
)$strict;
CREATE INDEX IF NOT EXISTS punch_time ON punch (time);
CREATE INDEX IF NOT EXISTS punch_subject ON punch (site, subject, time);
CREATE UNIQUE INDEX IF NOT EXISTS punch_entry ON punch (logid, sequence);
