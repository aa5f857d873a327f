"""The style sheet of the HTML report: light, one column, wide tables scroll on a phone, tables break well on A4."""

from costmodel.plots.style.palette import GRID, INK, LOSE, MUTED, WIN

STYLE = f"""
*{{box-sizing:border-box}}
html{{-webkit-text-size-adjust:100%;color-scheme:light}}
body{{margin:0;background:#fff;color:{INK};font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}}
main{{max-width:62rem;margin:0 auto;padding:1.5rem 1.1rem 3rem}}
h1{{font-size:1.6rem;line-height:1.2;margin:0 0 .4rem}}
h2{{font-size:1.25rem;margin:2.2rem 0 .6rem;padding-top:.7rem;border-top:2px solid {INK}}}
h3{{font-size:1rem;margin:1.2rem 0 .35rem}}
p{{margin:.5rem 0;max-width:52rem}}
ul,ol{{padding-left:1.1rem;margin:.5rem 0}} li{{margin:.32rem 0;max-width:52rem}}
nav{{display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.9rem;margin-top:.8rem}} nav a{{color:{WIN}}}
.small,figcaption{{font-size:.85rem;color:{MUTED};overflow-wrap:anywhere}}
footer{{margin-top:2.5rem;border-top:1px solid {GRID};padding-top:.6rem}}
.scroll{{overflow-x:auto}}
table{{border-collapse:collapse;font-size:.88rem;line-height:1.35;width:100%}}
th{{text-align:left;border-bottom:1.5px solid {INK};padding:.3rem .55rem .3rem 0;vertical-align:bottom}}
td:not(.n){{min-width:5.6rem}}
td{{border-bottom:1px solid {GRID};padding:.3rem .55rem .3rem 0;vertical-align:top}}
.n{{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}}
ul li.good,ul li.bad,ul li.open,p.good,p.bad,p.open{{list-style:none;border-left:4px solid {GRID};padding-left:.7rem;
 margin-left:-1.1rem}}
p.good,p.bad,p.open{{margin-left:0}}
li.good,p.good{{border-color:{WIN}!important}} li.bad,p.bad{{border-color:{LOSE}!important}}
li.open,p.open{{border-color:#b58900!important}}
tr.good td:first-child{{box-shadow:inset 4px 0 {WIN};padding-left:.7rem}}
tr.bad td:first-child{{box-shadow:inset 4px 0 {LOSE};padding-left:.7rem}}
tr.open td:first-child{{box-shadow:inset 4px 0 #b58900;padding-left:.7rem}}
figure{{margin:1rem 0}} svg{{display:block;width:100%;max-width:36rem;font-family:inherit}}
@media screen and (max-width:40rem){{
 body{{font-size:15px}} h1{{font-size:1.35rem}}
 .cards,.cards tbody,.cards tr,.cards td{{display:block;width:100%}} .cards thead{{display:none}}
 .cards tr{{padding:.45rem 0 .45rem .7rem;border-bottom:1px solid {GRID};border-left:4px solid {GRID}}}
 .cards td{{border:0;padding:.08rem 0;text-align:left;white-space:normal}}
 .cards td:not([data-h=""])::before{{content:attr(data-h) ": ";color:{MUTED}}}
 .cards tr td:first-child{{box-shadow:none;padding-left:0;font-weight:600}} .cards td:first-child::before{{font-weight:400}}
 .cards tr.good{{border-left-color:{WIN}}} .cards tr.bad{{border-left-color:{LOSE}}}
 .cards tr.open{{border-left-color:#b58900}}
}}
@page{{size:A4;margin:16mm 14mm}}
@media print{{
 body{{font-size:10pt}} main{{max-width:none;padding:0}} nav{{display:none}} .scroll{{overflow:visible}}
 table{{font-size:8pt;min-width:0}} td{{overflow-wrap:anywhere;min-width:0}} svg{{max-width:125mm}}
 tr,figure,li{{break-inside:avoid}} h2,h3{{break-after:avoid}} thead{{display:table-header-group}}
 #mirror{{break-before:page}} *{{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
}}
"""
