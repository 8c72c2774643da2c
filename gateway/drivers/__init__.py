"""Drivers: one module a kind of device, all behind the small protocol of `gateway.reading`."""
