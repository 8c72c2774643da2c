"""`ketuk demo`: the whole way of a punch on one machine, with simulated terminals and a line that is cut.

command    the options                        stage      all that runs, started and ended together
director   the run, from punch to score       gateway    the real gateway, as a process
script     what happens when                  leash      it ends when the demo does, however that ends
crowd      who punches                        reader     the real firmware on a simulated ESP32
                                              logfolder  the gateway's log, read from outside
score      what was lost or doubled           watch      what anybody may see at the broker
story      what happens, in plain words       scene      how things stand at one moment
screens    live, or lines in a pipe           picture    a scene, drawn
"""
