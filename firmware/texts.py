# What people at the door hear and see. No names, no numbers of people.
#
# word -> colour | tones | Indonesian | English. Colour: any of r, g, b. Tones: Hz,milliseconds and so on; 0 Hz is a
# pause. Texts: two lines of at most 16 letters, between them a slash; % is the time. Every word differs from every
# other in sound and in text, so that who cannot hear, cannot see colours or cannot read still knows.

WORDS = {
    "ready": "||Ketuk kartu/|Tap your card/",
    "recorded": "g|2400,120|Tercatat/%|Recorded/%",
    "recorded-loud": "g|2400,120,0,80,600,250,0,80,600,250|Tercatat %/Memori menipis|Recorded %/Memory runs out",
    "again": "rgb|1600,60,0,60,1600,60|Sudah tercatat/|Recorded already/",
    "two-cards": "rg|900,80,0,60,900,80,0,60,900,80|Satu kartu saja/|One card only/",
    "bad-frame": "rg|700,150,0,60,500,150|Ulangi/Tahan kartu|Once more/Hold the card",
    "random-uid": "rb|2400,80,0,60,1200,200|Kartu acak/Pakai kartu lain|Random card/Use another one",
    "unknown-finger": "rb|500,100,0,50,900,200|Jari tak dikenal/Coba jari lain|Unknown finger/Try another one",
    "full": "r|400,600,0,150,400,600|TIDAK tercatat/Memori penuh|NOT recorded/Memory full",
    "failed": "r|400,200,0,80,400,200,0,80,400,200|TIDAK tercatat/Ulangi|NOT recorded/Once more",
    "reader-dead": "r|300,1500|Pembaca rusak/Hubungi teknisi|Reader broken/Call technician",
    "updating": "b|1200,60,0,60,1800,60|Memperbarui/Tunggu sebentar|Updating/Please wait",
}


# (red, green, blue), each 0 or 1.
def colour(word: str) -> "list[int]":
    said = WORDS[word].split("|")[0]
    return [int(letter in said) for letter in "rgb"]


# [(Hz, milliseconds), …]
def tones(word: str) -> "list[tuple[int, int]]":
    said = WORDS[word].split("|")[1]
    numbers = [int(part) for part in said.split(",")] if said else []
    return [(numbers[at], numbers[at + 1]) for at in range(0, len(numbers), 2)]


# The two lines of a word; `short` is the time as "07.28", or None when there is none to tell.
def lines(word: str, language: str, short: "str | None") -> "list[str]":
    said = WORDS[word].split("|")[3 if language == "en" else 2]
    return [line.replace("%", short or "").rstrip() for line in said.split("/")]
