# What people at the door hear and see: word -> (colour, tones, Indonesian, English). No names, no numbers of people.
#
# Every word differs from every other in sound, in colour or blinking, and in text, so that who cannot hear, cannot see
# colours or cannot read still knows. A tone is (Hz, milliseconds); 0 Hz is a pause. Two lines of at most 16 letters.

GREEN, RED, AMBER, BLUE, WHITE, VIOLET, DARK = (0, 1, 0), (1, 0, 0), (1, 1, 0), (0, 0, 1), (1, 1, 1), (1, 0, 1), (0, 0, 0)

WORDS = {
    "ready": (DARK, (), ("Ketuk kartu", ""), ("Tap your card", "")),
    "recorded": (GREEN, ((2400, 120),), ("Tercatat", "%s"), ("Recorded", "%s")),
    "recorded-loud": (
        GREEN,
        ((2400, 120), (0, 80), (600, 250), (0, 80), (600, 250)),
        ("Tercatat %s", "Memori menipis"),
        ("Recorded %s", "Memory runs out"),
    ),
    "again": (WHITE, ((1600, 60), (0, 60), (1600, 60)), ("Sudah tercatat", ""), ("Recorded already", "")),
    "two-cards": (AMBER, ((900, 80), (0, 60), (900, 80), (0, 60), (900, 80)), ("Satu kartu saja", ""), ("One card only", "")),
    "retry": (AMBER, ((700, 150), (0, 60), (500, 150)), ("Ulangi", "Tahan kartu"), ("Once more", "Hold the card")),
    "random-uid": (
        VIOLET,
        ((2400, 80), (0, 60), (1200, 200)),
        ("Kartu acak", "Pakai kartu lain"),
        ("Random card", "Use another one"),
    ),
    "full": (RED, ((400, 600), (0, 150), (400, 600)), ("TIDAK tercatat", "Memori penuh"), ("NOT recorded", "Memory full")),
    "failed": (RED, ((400, 200), (0, 80)) * 4, ("TIDAK tercatat", "Ulangi"), ("NOT recorded", "Once more")),
    "reader-dead": (RED, ((300, 1500),), ("Pembaca rusak", "Hubungi teknisi"), ("Reader broken", "Call technician")),
    "updating": (BLUE, ((1200, 60), (0, 60), (1800, 60)), ("Memperbarui", "Tunggu sebentar"), ("Updating", "Please wait")),
    "config": (RED, ((500, 100), (300, 400)), ("Salah setelan", "Hubungi teknisi"), ("Bad settings", "Call technician")),
}


# The two lines of a word; `short` is the time as "07.28", or None when there is none to tell.
def lines(word, language, short):
    texts = WORDS[word][3 if language == "en" else 2]
    return [line.replace("%s", short or "").rstrip() for line in texts]
