"""The gateway: takes every punch from the devices of one office, keeps it, and gets it to the centre."""
