"""Implementations learnt from published steps: fitted on some publications or models, judged on others."""
