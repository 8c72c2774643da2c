"""The contract: entries, their chain, the topics and the watermark that every hop of Ketuk speaks.

It imports nothing of the project, and everything in it but the schemas also runs under MicroPython.
"""
