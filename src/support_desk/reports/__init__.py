"""What the screens and the one-shots both make of what is known: handover, time off in lieu, calendar."""
