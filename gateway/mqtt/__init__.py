"""The forwarder: carries the log's entries to the broker and the centre's watermarks back.

    forwarder   the thread: connect, live, back off          status     birth, health, the centre's status
    link        one connection's life                        commands   cmd/<verb> → reply/<verb>
    session     one paho client, TLS, will                   settings   the [broker] section
    publisher   what goes next: new, asked for, set aside    state      what the health page may show
    window resends setaside standstill backoff               the rules, pure

It sees the log only as `gateway.entries.Outbox`.
"""
