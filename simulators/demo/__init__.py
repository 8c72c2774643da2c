"""`ketuk demo`: the whole way of a punch on one machine, with simulated terminals and a line that is cut.

command    the options                          stage      broker, line, terminals, gateway, centre, watcher
director   the run: punches, faults, the end    leash      the gateway ends when the demo does
script     what happens when                    logfolder  the gateway's log, read from outside
score      what was lost or doubled             story      what happens, in plain words
picture    one screen, drawn from a Scene       screens    live, as lines, or nothing
"""
