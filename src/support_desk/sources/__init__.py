"""The outside world: one module or package per service, all behind `protocols`."""
