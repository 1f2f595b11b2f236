"""How fast, how big, how long: each figure beside a floor measured in the same run."""
