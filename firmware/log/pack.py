# Packing: an entry's exact bytes without what every entry of a log says again. 560 bytes become about 90, so that
# 5,000 entries fit the flash of a 4 MB board.
#
# JSON text has no byte below 20h, so each such byte may stand for a phrase. Replacing phrases by their bytes and back
# gives the very same bytes whatever the entry says: nothing is parsed, nothing is written anew.

from contract.entry import sequence_text

_STAMP = b'"recordedtime":"'
_CARD = b'method":"card","direction":"none","origin":"live","clock":{"state":"'
_FINGER = b'method":"finger","direction":"none","origin":"live","clock":{"state":"'
_MAC = b'","algorithm":"hmac-sha256","key":"'


class Packer:
    # The names that the entries of one log repeat.
    def __init__(self, logid, source, serial):
        self.identity = (logid, source, serial)
        self._logid = logid
        begins = '{"specversion":"1.0","type":"ketuk.%s.v1","source":"' + source + '","id":"'
        self._fixed = (
            (begins % "punch").encode(),
            (begins % "audit").encode(),
            (begins % "checkpoint").encode(),
            b'","subject":"card:',
            b'","subject":"pin:',
            b'","time":"',
            b'","recordedtime":"',
            _CARD + b'synced","boot":',
            _CARD,
            _FINGER,
            b',"ticks_ms":',
            ('},"device":{"serial":"' + serial + '"},"raw":"').encode(),
            b'event":"',
            b'","detail":{"',
            _MAC,
            b'","signature":"',
        )

    # `prev` is the hash of the entry before, 64 hex digits.
    def pack(self, raw, sequence, prev):
        at = raw.find(_STAMP) + len(_STAMP)
        stamp = raw[at : raw.find(b'"', at)]
        if not 0 < len(stamp) < 64:
            stamp = b"\x00"  # stands for nothing: occurs in no entry
        for token, phrase in self._phrases(sequence, prev, stamp):
            raw = raw.replace(phrase, bytes((token,)))
        return bytes((len(stamp),)) + stamp + raw

    def unpack(self, packed, sequence, prev):
        end = 1 + packed[0]
        raw = packed[end:]
        for token, phrase in self._phrases(sequence, prev, packed[1:end]):
            raw = raw.replace(bytes((token,)), phrase)
        return raw

    def _phrases(self, sequence, prev, stamp):
        text = sequence_text(sequence)
        logid = self._logid
        chain = '","logid":"%s","sequence":"%s","prevhash":"%s","datacontenttype":"application/json","data":{"'
        yield 1, (chain % (logid, text, prev)).encode()
        yield 2, (logid[logid.find(".") + 1 :] + "-" + text).encode()
        yield 3, prev.encode()
        yield 4, text.encode()
        yield 5, stamp
        token = 6
        for phrase in self._fixed:
            yield token, phrase
            token += 1
