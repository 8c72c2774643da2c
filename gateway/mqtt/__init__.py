"""The forwarder: carries the log's entries to the broker and the centre's watermarks back.

    forwarder   the thread: connect, live, back off       settings   the [broker] section
    link        one connection's life                     state      what the health page may show
    session     one paho client (client), TLS (tls)       reasons    why a broker says no, for a technician
    inbox       all that happens, in one queue            status     birth and health
    publisher   what goes next, what an answer means      commands   cmd/<verb> → reply/<verb>

    Its rules, pure: window, resends, setaside, standstill, backoff; its parts: supply, posts, refusals.

It sees the log only as `gateway.entries.Outbox`.
"""
