"""config.toml: what it may say (`model`), how it is read (`load`) and how secrets are fetched (`secrets`)."""
