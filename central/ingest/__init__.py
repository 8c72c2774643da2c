"""From a broker to the database, and the answer back.

session.py   one MQTT connection after the other, persistent session, nothing acknowledged by itself
batch.py     what arrived, gathered by count or time
take.py      one batch in one transaction: entries, gateways, alarms
ingester.py  COMMIT, then the MQTT acks, then the watermarks
"""
