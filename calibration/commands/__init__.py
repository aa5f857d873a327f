"""The commands of ``costmodel calibrate``: ``add`` declares a command's options, ``run`` does it and returns a status."""
