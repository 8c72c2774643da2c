-- gap: what is not held, with the times around it. state: missing (asked for), ended (the gateway goes on in another
-- log, which carries what it had), lost (for good, by the gateway's own word).
DROP VIEW IF EXISTS gateway;
DROP VIEW IF EXISTS gap;
CREATE VIEW gap AS
SELECT l.site, l.gateway, g.logid, g.first, g.last, g.last - g.first + 1 AS entries, g.state, g.since, g.told_by,
       (SELECT e.recordedtime FROM $key k JOIN entry e USING ($join)
         WHERE k.logid = g.logid AND k.sequence = g.first - 1) AS recorded_before,
       (SELECT e.recordedtime FROM $key k JOIN entry e USING ($join)
         WHERE k.logid = g.logid AND k.sequence = g.last + 1) AS recorded_after
  FROM (SELECT h.logid, h.first, h.last, h.since, NULL AS told_by,
               CASE WHEN o.continued_by IS NULL THEN 'missing' ELSE 'ended' END AS state
          FROM hole h JOIN log o ON o.logid = h.logid
         UNION ALL
        SELECT logid, first, last, at, told_by, 'lost' FROM loss) g
  JOIN log l ON l.logid = g.logid;

CREATE VIEW gateway AS
SELECT s.site, s.gateway, s.state,
       $later(coalesce(s.last_contact, l.last_entry), coalesce(l.last_entry, s.last_contact)) AS last_contact,
       s.version, s.logid, l.through, l.highest, l.last_entry,
       (SELECT min(h.first) FROM hole h WHERE h.logid = s.logid) AS oldest_missing,
       (SELECT coalesce(sum(h.last - h.first + 1), 0) FROM hole h JOIN log o ON o.logid = h.logid
         WHERE o.site = s.site AND o.gateway = s.gateway AND o.continued_by IS NULL) AS missing,
       (SELECT coalesce(sum(x.last - x.first + 1), 0) FROM loss x JOIN log o ON o.logid = x.logid
         WHERE o.site = s.site AND o.gateway = s.gateway) AS lost,
       (SELECT count(*) FROM log o WHERE o.site = s.site AND o.gateway = s.gateway AND o.forked) AS forked_logs,
       s.clock_state, s.clock_offset_s, s.worst_offset_s, s.backlog, s.oldest_unacked_s, s.health_at,
       (SELECT count(*) FROM alarm a WHERE a.site = s.site AND a.gateway = s.gateway AND a.handled_at IS NULL) AS alarms
  FROM gateway_state s LEFT JOIN log l ON l.logid = s.logid;

-- audit: what the gateways put on record beside the punches.
DROP VIEW IF EXISTS audit;
CREATE VIEW audit AS
SELECT logid, sequence, source, recordedtime, received, $event AS event, $detail AS detail
  FROM entry WHERE kind = 'audit';
