"""`ketuk listen`: entries as they arrive at a broker, as a live table or as JSON lines."""
