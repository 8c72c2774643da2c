"""The bodies of `ketuk central …`."""
