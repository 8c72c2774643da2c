"""ZKTeco terminals and their rebadges on port 4370: pyzk carries the session, our own strict code decodes the bytes.

    line.py       a socket with deadlines that another thread can free
    frames.py     bytes of a TCP stream or a datagram -> whole, checksum-verified frames        (pure)
    channel.py    the socket-like object beneath pyzk: replies to pyzk, events to a queue
    session.py    pyzk, with that channel in place of its socket
    attlog.py     one attendance record of each layout; recognise.py finds the layout of a log  (pure)
    event.py      live events; users.py the user list; sizes.py the counters                    (pure)
    backfill.py   a log read in full -> readings; place.py where we stood in it the last time   (pure)
    driver.py     the order of things: connect, subscribe, back-fill, live, reconcile

Sources named in the docstrings: `V` the vendor's "Communication protocol manual" (2006-12-1), by page; `rec`, `rt`,
`ex`, `user`, `term`, `oth`, `P` the sections of adrobinoga/zk-protocol (2020); `base.py` pyzk; issues of fananimi/pyzk.
"""
