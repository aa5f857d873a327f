"""What is true of a model, a GPU, an engine, a scheme, a profile: one TOML file each, the file name is the id."""
