"""Whose signatures are believed: keys pinned at first contact, provisioned, handed over by rotation, or by an operator.

The file of the provisioning has lines

    kec-pampangan/gw1  3b6a27bc…        64 hex digits: a gateway's public key
    sd-negeri-3/kartu-1  hmac 7 9f86…   a reader that cannot sign: number of its key, and the secret in hex

Empty lines and lines with # are left out. A file with secrets in it must be its owner's alone.
"""

import re
import stat
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from central.errors import ConfigError
from contract import topics
from contract.checkpoint import key_name

Place = tuple[str, str]
"""Site and gateway."""

_PUBLIC = re.compile(r"[0-9a-f]{64}")
_SECRET = re.compile(r"([0-9a-f]{2}){16,128}")


@dataclass(slots=True)
class Keyring:
    """What the configuration says about keys; those of the database are `central.store.keys`."""

    first_contact: bool = True
    publics: dict[Place, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))
    secrets: dict[Place, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))


def load(file: Path | None, *, first_contact: bool) -> Keyring:
    """Raises ConfigError with a line for each mistake of the file."""
    ring = Keyring(first_contact)
    if file is None:
        return ring
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"trust.keys: {file}: cannot be read: {error}") from error
    mistakes = []
    for number, line in enumerate(lines, start=1):
        words = line.partition("#")[0].split()
        if words and not _take(ring, words):
            mistakes.append(f"{file}:{number}: expected site/gateway and 64 hex digits, or hmac, a number and a secret")
    if ring.secrets and stat.S_IMODE(file.stat().st_mode) & 0o077:
        mistakes.append(f"{file}: holds secrets and can be read by others: chmod 600 {file}")
    if mistakes:
        raise ConfigError(*mistakes)
    return ring


def _take(ring: Keyring, words: list[str]) -> bool:
    site, _, gateway = words[0].partition("/")
    if not topics.is_site(site) or not topics.is_segment(gateway):
        return False
    if len(words) == 2 and _PUBLIC.fullmatch(words[1]):
        public = bytes.fromhex(words[1])
        ring.publics[site, gateway][key_name(public)] = public
        return True
    if len(words) == 4 and words[1] == "hmac" and _SECRET.fullmatch(words[3]):
        ring.secrets[site, gateway][key_name(words[2].encode())] = bytes.fromhex(words[3])
        return True
    return False
