"""What a technician reads who carries a log on a USB stick, in Indonesian and in English."""

from gateway.texts import Text

# the stick
NO_FOLDER = Text(
    "{path}: tidak ada folder ini; pasang stick USB lalu tulis foldernya, misalnya /media/usb",
    "{path}: there is no such folder; plug in the USB stick and give its folder, e.g. /media/usb",
)
FULL = Text(
    "{path}: stick penuh. Yang sudah tertulis di situ utuh dan boleh dibawa; hapus berkas lain atau pakai stick yang "
    "lebih besar, lalu jalankan lagi",
    "{path}: the stick is full. What is on it already is whole and may be taken along; make room or take a larger "
    "stick, then run it again",
)
READ_ONLY = Text(
    "{path}: tidak boleh ditulisi ({reason}). Geser kunci pada stick, atau jalankan dengan sudo",
    "{path}: cannot be written to ({reason}). Move the lock on the stick, or run it with sudo",
)
GONE = Text(
    "{path}: stick tercabut atau rusak ({reason}). Pasang lagi dan jalankan lagi: yang sudah utuh tidak diulang",
    "{path}: the stick was pulled out or is broken ({reason}). Plug it in and run it again: what is whole is not "
    "repeated",
)
NOT_KEPT = Text(
    "{path}: stick tidak menyimpan apa yang ditulis; stick ini rusak atau palsu, pakai yang lain",
    "{path}: the stick did not keep what was written; it is broken or a fake, take another one",
)
SAME_DISK = Text(
    "perhatian: {path} ada di disk yang sama dengan log, bukan di stick USB",
    "note: {path} is on the same disk as the log, not on a USB stick",
)

# export
EXPORTING = Text("menyalin ke stick", "copying to the stick")
NO_KEY = Text(
    "perhatian: tidak ada kunci tanda tangan di {path}; pusat akan menolak salinan tanpa tanda tangan",
    "note: there is no signing key in {path}; the centre refuses a copy without signatures",
)
NOTHING = Text(
    "tidak ada yang perlu dibawa: pusat sudah memegang semuanya (--all untuk menyalin semua)",
    "nothing to carry: the centre holds everything already (--all copies everything)",
)
EXPORTED = Text(
    "{entries} catatan dari {name} ada di {folder} ({fresh} baru ditulis).",
    "{entries} entries of {name} are in {folder} ({fresh} newly written).",
)
NEXT_STEP = Text(
    "Lepaskan stick dengan benar (umount), bawa ke kabupaten, dan bawa kembali tanda terimanya: "
    "ketuk log ack {stick} {data}",
    "Unmount the stick, bring it to the regency, and bring the receipt back: ketuk log ack {stick} {data}",
)
BEHIND = Text("--from {first} lebih besar dari --to {last}", "--from {first} is behind --to {last}")
NOT_PRESENT = Text(
    "hanya log yang sekarang punya catatan yang belum dikonfirmasi; pakai --all",
    "only the present log has what is not confirmed; use --all",
)
README = Text(
    "Catatan absensi dari {name}, disalin pada {made}.\n"
    "Jangan mengubah berkas apa pun di folder ini: perubahan akan ketahuan dan ditolak.\n"
    "Bawa stick ini ke kabupaten. Di server pusat: ketuk central import FOLDER -c central.toml\n"
    "Tanda terima (receipt-*.json) akan ditulis di folder ini. Bawa kembali ke kantor asal:\n"
    "ketuk log ack STICK {data}\n",
    "Attendance entries of {name}, copied at {made}.\n"
    "Do not change any file in this folder: a change is noticed and refused.\n"
    "Bring the stick to the regency. On the central server: ketuk central import FOLDER -c central.toml\n"
    "The receipt (receipt-*.json) is written into this folder. Bring it back to the office it came from:\n"
    "ketuk log ack STICK {data}\n",
)

# receipts
NO_RECEIPT = Text(
    "bukan tanda terima, atau rusak ({reason}); salin lagi dari pusat",
    "no receipt, or damaged ({reason}); copy it from the centre again",
)
FORGED = Text(
    "tanda tangannya salah: tanda terima ini diubah atau dipalsukan",
    "its signature is not right: the receipt was altered or forged",
)
OTHER_KEY = Text(
    "ditandatangani dengan kunci {key}, padahal kunci pusat di sini {ours}; kalau pusat memang berganti kunci, "
    "tulis kunci barunya di [central] key pada gateway.toml",
    "signed with the key {key}, but the centre's key here is {ours}; if the centre has a new key, write it into "
    "gateway.toml: [central] key",
)
OTHER_GATEWAY = Text("tanda terima untuk {name}, bukan untuk {ours}", "a receipt for {name}, not for {ours}")
OTHER_LOG = Text(
    "tanda terima untuk log {logid}, sedangkan log di sini sekarang {ours}; ekspor lagi ke stick",
    "a receipt for the log {logid}, but the log here is now {ours}; export to the stick again",
)
NONE_HERE = Text(
    "{path}: tidak ada tanda terima (receipt-*.json) di sini; apakah stick ini sudah diimpor di pusat?",
    "{path}: there is no receipt (receipt-*.json); was this stick imported at the centre?",
)
UNUSABLE_FILE = Text(
    "{path}: tidak dapat dipakai ({reason}); mungkin perlu sudo", "{path}: cannot be used ({reason}); sudo may help"
)
ALREADY = Text(
    "sudah: yang dikonfirmasi sampai {confirmed}, tanda terima ini sampai {through}; tidak ada yang berubah",
    "known already: confirmed through {confirmed}, this receipt says {through}; nothing changed",
)
TAKEN = Text(
    "pusat memegang semua catatan {logid} sampai {through}; stick boleh dipakai lagi",
    "the centre holds all entries of {logid} through {through}; the stick may be used again",
)
WAITING = Text(
    "tanda terima disimpan; gateway memakainya begitu berjalan (ketuk run)",
    "the receipt is kept; the gateway takes it as soon as it runs (ketuk run)",
)
NOT_TAKEN = Text(
    "gateway tidak memakai tanda terima ini; alasannya ada di lognya (ketuk log ls --kind audit)",
    "the gateway did not take the receipt; its log says why (ketuk log ls --kind audit)",
)
CONTRADICTS = Text(
    "pusat memegang log {logid} yang lain dari yang di sini (kartu dipulihkan atau digandakan?); "
    "gateway membuka log baru, ekspor lagi ke stick",
    "the centre holds another history of {logid} than this one (a restored or cloned card?); the gateway opens a new "
    "log, export to the stick again",
)
NO_LOG = Text("{path}: belum ada log di sini", "{path}: there is no log here yet")
CENTRAL_KEY = Text("bukan kunci: tulis 64 digit heksadesimal", "no key: write 64 hex digits")
