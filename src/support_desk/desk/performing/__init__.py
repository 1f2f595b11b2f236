"""Carrying out what was decided, by the services' rules: look afresh, do it once, read it back, verify."""
