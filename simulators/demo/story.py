"""What happens, in plain words: English, and Indonesian beside it. Pure. Each line fits into 80 columns."""

from typing import NamedTuple


class Words(NamedTuple):
    """One sentence in two languages."""

    english: str
    indonesian: str

    def of(self, **values: object) -> "Words":
        """With the gaps filled."""
        return Words(self.english.format(**values), self.indonesian.format(**values))


START = Words(
    "Two terminals, a gateway, a broker and the centre are running.",
    "Dua terminal, gateway, broker, dan pusat berjalan.",
)
START_WITH_READER = Words(
    "Two terminals, an ESP32 card reader, gateway, broker and centre run.",
    "Dua terminal, pembaca kartu ESP32, gateway, broker, pusat berjalan.",
)
CUT = Words(
    "The line is cut. People go on punching; all of it is kept on site.",
    "Jalur putus. Pegawai tetap absen; semuanya disimpan di kantor.",
)
RESTORE = Words(
    "The line is back after {seconds:.0f} s; {waiting} punches wait on disk and flash.",
    "Jalur pulih setelah {seconds:.0f} detik; {waiting} absen menunggu di kantor.",
)
DRAINED = Words(
    "All of them are confirmed by the centre.",
    "Semuanya sudah dikonfirmasi oleh pusat.",
)
RESTART = Words(
    "{terminal} restarts; the gateway will read what it missed.",
    "{terminal} menyala ulang; gateway akan membaca yang terlewat.",
)
BACK = Words("{terminal} is back.", "{terminal} kembali.")
FINISH = Words("No more punches; waiting for the last confirmations.", "Selesai absen; menunggu konfirmasi terakhir.")
INTERRUPTED = Words(
    "Stopping once all is confirmed. Ctrl-C again leaves at once.",
    "Berhenti setelah semua dikonfirmasi. Ctrl-C lagi: langsung keluar.",
)
GOOD = Words(
    "{delivered} of {punched} punches are at the centre, each exactly once.",
    "{delivered} dari {punched} absen ada di pusat, masing-masing tepat satu kali.",
)
BAD = Words(
    "SOMETHING IS WRONG: lost {lost}, doubled {duplicated}, not confirmed {unconfirmed}.",
    "ADA YANG SALAH: hilang {lost}, ganda {duplicated}, belum dikonfirmasi {unconfirmed}.",
)
BROKEN = Words("SOMETHING IS WRONG: the chain of hashes is broken.", "ADA YANG SALAH: rantai hash terputus.")
