"""The screens: each shows the desk and hands keys on."""
