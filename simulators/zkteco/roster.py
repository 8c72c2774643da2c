"""The users a terminal knows. `user_id` is what people type and see; `uid` is the slot the firmware keeps them in."""

from collections.abc import Iterator
from dataclasses import dataclass, field

SUPER_ADMIN = 14


@dataclass(slots=True)
class User:
    """One enrolled person."""

    uid: int
    user_id: str
    name: str = ""
    privilege: int = 0
    """Bit 0 disabled; bits 1-3: 000 user, 001 enroller, 011 manager, 111 super."""
    password: str = ""
    card: int = 0
    group: int = 1
    fingers: dict[int, bytes] = field(default_factory=dict)
    """Templates by finger, 0 to 9. Noise: no finger was ever near them."""


class Roster:
    """Users by both numbers. A deleted user's slot is given to the next one, as terminals do."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._by_uid: dict[int, User] = {}
        self._by_id: dict[str, User] = {}
        self._lowest = 1

    def __len__(self) -> int:
        return len(self._by_uid)

    def __iter__(self) -> Iterator[User]:
        return iter([self._by_uid[uid] for uid in sorted(self._by_uid)])

    def by_id(self, user_id: str) -> User | None:
        """The user with this visible number."""
        return self._by_id.get(user_id)

    def by_uid(self, uid: int) -> User | None:
        """The user in this slot."""
        return self._by_uid.get(uid)

    def free_uid(self) -> int:
        """The lowest empty slot."""
        while self._lowest in self._by_uid:
            self._lowest += 1
        return self._lowest

    def put(self, user: User) -> bool:
        """Write a user into a slot, over whoever was there; whether there was room. Fingers of the same person stay."""
        before = self._by_uid.get(user.uid)
        if before is None and len(self) >= self.capacity:
            return False
        if before is not None and before.user_id == user.user_id:
            user.fingers = before.fingers | user.fingers
        self.remove(user.uid)
        twin = self._by_id.get(user.user_id)
        if twin is not None:
            self.remove(twin.uid)
        self._by_uid[user.uid] = user
        self._by_id[user.user_id] = user
        return True

    def remove(self, uid: int) -> User | None:
        """Empty a slot; who was there."""
        user = self._by_uid.pop(uid, None)
        if user is not None:
            del self._by_id[user.user_id]
            self._lowest = min(self._lowest, uid)
        return user

    def clear(self) -> None:
        """Forget everybody."""
        self._by_uid.clear()
        self._by_id.clear()
        self._lowest = 1
