# The flash log: every tap is in here, durably, before anybody is told that it was recorded.
