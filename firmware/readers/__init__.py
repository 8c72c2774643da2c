# Readers: what finds out that somebody is at the door.
#
# A reader is a class with
#   async def start(self)   bring the chip up; OSError when it does not answer
#   async def poll(self)    a list of what is new: Tap for a person, Trouble for anything else; empty: nothing yet
#   counters                dict of word -> int: resets, bad frames and whatever else the chip suffered
# It knows no clock, no log and no network, and it never guesses: bytes that fail a check become Trouble, not a Tap.
