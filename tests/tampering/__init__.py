"""What the commands say when somebody has changed something: `python -m tests.tampering` writes docs/tampering.md."""
