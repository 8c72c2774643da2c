"""What `ketuk check` says."""

from gateway.texts import Text

CONFIG_OK = Text("{file} benar", "{file} is right")

FOLDER_OK = Text("{data}: dapat ditulis ({kind})", "{data}: can be written to ({kind})")
FOLDER_NEW = Text("{data}: akan dibuat di {parent} ({kind})", "{data}: will be made in {parent} ({kind})")
FOLDER_VOLATILE = Text(
    "{data}: ada di {kind} yang hilang saat listrik padam; pilih folder di kartu SD atau disk",
    "{data}: is on {kind}, which a power cut empties; choose a folder on the SD card or a disk",
)
FOLDER_VOLATILE_ALLOWED = Text(
    "{data}: ada di {kind} yang hilang saat listrik padam; hanya untuk percobaan",
    "{data}: is on {kind}, which a power cut empties; for trials only",
)
FOLDER_REFUSES = Text(
    "{data}: tidak dapat ditulis ({reason}); periksa pemilik folder dan disknya",
    "{data}: cannot be written to ({reason}); check the folder's owner and the disk",
)
DISK_OK = Text(
    "{free} MB kosong; log memakai paling banyak {most} MB", "{free} MB free; the log takes {most} MB at most"
)
DISK_TIGHT = Text(
    "{free} MB kosong, log boleh sampai {most} MB; kosongkan disk atau kecilkan log.max_mb",
    "{free} MB free, but the log may take {most} MB; free space or lower log.max_mb",
)
DISK_FULL = Text("hanya {free} MB kosong; kosongkan disk sekarang", "only {free} MB free; free space now")

CLOCK_SYNCED = Text("{now}, sinkron", "{now}, synchronised")
CLOCK_VOUCHED = Text(
    '{now}; dipercaya karena clock.trust = "system"', '{now}; believed because of clock.trust = "system"'
)
CLOCK_UNSET = Text(
    "{now}, belum sinkron: absensi dicatat dengan tanda; periksa jaringan, lalu timedatectl",
    "{now}, not synchronised: punches are recorded and marked; check the network, then timedatectl",
)

CERT_OK = Text("{file}: {name}, berlaku sampai {until}", "{file}: {name}, valid until {until}")
CERT_SOON = Text(
    "{file}: {name}, habis {days} hari lagi ({until}); minta yang baru",
    "{file}: {name}, expires in {days} days ({until}); ask for a new one",
)
CERT_EXPIRED = Text(
    "{file}: {name}, sudah habis sejak {until}; minta yang baru",
    "{file}: {name}, expired on {until}; ask for a new one",
)
CERT_EARLY = Text(
    "{file}: {name}, baru berlaku {since}; apakah jam mesin ini benar?",
    "{file}: {name}, valid only from {since}; is the clock of this machine right?",
)
CERT_UNREADABLE = Text(
    "{file}: bukan sertifikat PEM yang benar ({reason})", "{file}: not a PEM certificate that can be read ({reason})"
)
CERT_NO_LIBRARY = Text(
    "{file}: masa berlaku tidak diperiksa; jalankan: pip install cryptography",
    "{file}: validity not checked; run: pip install cryptography",
)

RUNNING = Text(
    "gateway sedang berjalan (proses {process}); broker dan perangkat tidak dicoba. Hentikan dulu untuk mencobanya",
    "the gateway is running (process {process}); broker and devices were not tried. Stop it first to try them",
)
OFFLINE = Text("tidak dicoba (--offline)", "not tried (--offline)")

BROKER_OK = Text("{host}:{port}: tersambung, MQTT {protocol}{tls}", "{host}:{port}: connected, MQTT {protocol}{tls}")
# the reason, which logs and health have too, is in English
BROKER_BAD = Text("tidak tersambung; periksa kabel, broker.url dan sertifikat: {reason}", "{reason}")
BROKER_DEAF = Text(
    "{host}:{port}: tersambung, tetapi broker tidak mengizinkan {topic}; periksa ACL broker",
    "{host}:{port}: connected, but the broker does not let us listen to {topic}; check its ACL",
)
BROKER_MUTE = Text(
    "{host}:{port}: tersambung, tetapi tidak menjawab SUBSCRIBE dalam {seconds} s",
    "{host}:{port}: connected, but no answer to SUBSCRIBE within {seconds} s",
)

DEVICE_OK = Text("{name}: terhubung, {facts}", "{name}: connected, {facts}")
DEVICE_CLOCK_OFF = Text(
    "{name}: terhubung, {facts}; jamnya meleset {offset} s",
    "{name}: connected, {facts}; its clock is off by {offset} s",
)
DEVICE_SILENT = Text("tidak menjawab; periksa listrik, kabel, host dan port: {reason}", "{reason}")
DEVICE_REFUSED = Text("menolak; periksa comm_key dan menu perangkat: {reason}", "{reason}")
DEVICE_BAD = Text("gagal: {reason}", "{reason}")
DEVICE_STUCK = Text(
    "{name}: tidak selesai menjawab dalam {seconds} s", "{name}: did not finish answering within {seconds} s"
)
DEVICE_FAILED = Text(
    "{name}: driver {driver} gagal: {reason}", "{name}: the driver {driver} failed: {reason}"
)  # fmt: skip
