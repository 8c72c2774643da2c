# Readers: what finds out that somebody is at the door.
#
# A reader is a class with
#   async def start(self)   bring the chip up; never raises: a chip that does not answer is said by the next poll
#   async def poll(self)    one look, bounded in time: a list of Tap for a person and Trouble for anything else; empty:
#                           nothing. Whoever calls it sleeps PAUSE_MS of the class between two looks
#   counters                dict of word -> int: taps, misreads, resets and whatever else the chip suffered
#   alive                   False while the chip does not answer
# A card or finger that stays is one Tap. A reader knows no clock, no log and no network, imports no machine, and never
# guesses: bytes that fail a check become a count and perhaps a Trouble, not a Tap.
