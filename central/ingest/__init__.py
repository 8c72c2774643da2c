"""From a broker to the database, and the answer back.

ingester.py    COMMIT, then the MQTT acks, then the watermarks
session.py     one MQTT connection after the other, persistent session, nothing acknowledged by itself
client.py      paho, reading ahead and acknowledging a batch at once
inbox.py       what arrived, gathered by count or time
keeper.py      the database side: batches in, outcomes out, poison taken message by message
take.py        one batch in one transaction: entries, gateways, alarms
               (logs.py, audits.py, gateways.py: what it means to logs, to keys and losses, to gateways)
watermarks.py  when which gateway is told what is held
voice.py       what the centre says of itself
carry.py       the same way for what a USB stick brought
"""
