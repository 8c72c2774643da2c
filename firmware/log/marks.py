# The two marks of the log and a lower bound of the time, in one small file. Losing it costs a re-send.

from contract.jsontext import dumps, loads
from firmware import files


class Marks:
    def __init__(self, path):
        self._path = path
        self.published = self.confirmed = 0
        self.time = ""
        self.beyond = False  # they lie above the end of the log: entries that had been handed on are gone
        self._saved = None

    # Marks of `logid`, which holds `floor` + 1 to `end`; what was written for another log counts for nothing.
    def load(self, logid, floor, end):
        self.published = self.confirmed = floor
        self.beyond = False
        raw = files.read(self._path)
        if raw is None:
            return
        try:
            saved = loads(raw)
            if not isinstance(saved, list) or len(saved) != 4:
                return
            name, published, confirmed, time = saved
            self.time = str(time)
            if name == logid:
                self.beyond = max(published, confirmed) > end
                self.confirmed = min(max(int(confirmed), floor), end)
                self.published = min(max(int(published), self.confirmed), end)
        except (ValueError, TypeError):
            return

    def save(self, logid, time):
        now = [logid, self.published, self.confirmed, time]
        if now == self._saved:
            return
        files.write(self._path, dumps(now).encode())
        self._saved = now
        self.time = time
