"""What figures share: palette, widths of venues, layout for paper and for a page, log2 scales, stacked bars, regions."""
