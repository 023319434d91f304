"""An executable, machine-checked specification of RFC 5077 (TLS 1.2 session tickets)."""

__version__ = "0.1.0"
