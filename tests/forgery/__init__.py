"""The stories of docs/clock-forgery.md, played on the real gateway: `python -m tests.forgery` renews the document."""
