"""Proof that what the centre holds is whole and unaltered, and that proof in a form to be handed on.

walk.py       one log, entry after entry: sequence, hashes, chain, signatures (pure)
trust.py      whose signatures count, and how a key hands over to the next (pure)
findings.py   what was found, as values (pure)
database.py   all logs of a database, held against its tables
bundle.py     a part of a log in one file, for somebody who has nothing else
carried.py    what a USB stick brings from a site without a network
vouched.py    whether its gateway wrote that (pure)
export_reader.py  the same, looked at without a database
show.py       findings for people
"""
