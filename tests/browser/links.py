"""Links that several browser tests open: a small selection, and one that is hard to lay out."""

FEW = "?schemes=fp8|h2o&batch=1:64&context=1K:32K"
MANY = "?model=gemma-3-27b&batch=1:256&context=1K:128K&chain="  # every scheme, layers of two kinds, one formula
