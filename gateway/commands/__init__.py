"""The sub-commands of `ketuk`, one module each, loaded only when called."""
