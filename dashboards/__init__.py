"""The dashboard: pages that show what ``costmodel`` computes, served to this machine's browser and to nobody else."""
