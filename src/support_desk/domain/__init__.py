"""The support week as plain values and pure functions: no I/O, no clock, no toolkit."""
