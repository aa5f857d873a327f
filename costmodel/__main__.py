"""``python -m costmodel``."""

from costmodel.cli.app import main

main()
