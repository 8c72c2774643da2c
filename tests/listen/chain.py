"""A log made by hand, entry after entry, with the contract's own means: what a gateway would publish."""

from typing import Any

from contract import topics
from contract.chain import GENESIS, entry_hash
from contract.entry import AUDIT, PUNCH, build

NOON = "2026-03-02T12:00:00+07:00"


class Chain:
    """One log of one gateway. Every method returns the exact bytes of the entry it added."""

    def __init__(self, site: str = "kec-pampangan", gateway: str = "gw1", epoch: str = "7f3a9c2e") -> None:
        self.site, self.gateway, self.logid = site, gateway, f"{gateway}.{epoch}"
        self.raws: list[bytes] = []

    def punch(
        self,
        subject: str = "pin:1042",
        *,
        id: str | None = None,
        time: str | None = NOON,
        recorded: str = NOON,
        clock: str = "synced",
        device: str = "pintu-depan",
        **data: Any,
    ) -> bytes:
        return self._add(
            PUNCH,
            source=f"/{self.site}/{device}",
            id=f"fact-{len(self.raws) + 1}" if id is None else id,
            subject=subject,
            time=time,
            recordedtime=recorded,
            data={
                "method": "finger",
                "direction": "in",
                "origin": "live",
                "clock": {"state": clock},
                "device": {"serial": "SIM0001"},
                "raw": "00",
                **data,
            },
        )

    def audit(self, event: str = "log-created") -> bytes:
        return self._add(
            AUDIT,
            source=f"/{self.site}/{self.gateway}",
            id=f"{self.logid}-{len(self.raws) + 1}",
            time=NOON,
            recordedtime=NOON,
            data={"event": event, "detail": {}},
        )

    def topic(self, kind: str = PUNCH) -> str:
        return topics.log(self.site, self.gateway, kind)

    def _add(self, kind: str, **attributes: Any) -> bytes:
        prevhash = entry_hash(self.raws[-1]) if self.raws else GENESIS
        raw = build(kind, logid=self.logid, sequence=len(self.raws) + 1, prevhash=prevhash, **attributes)
        self.raws.append(raw)
        return raw
