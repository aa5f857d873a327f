// What is untidy on the page that is open: words outside their figure, a legend on other words, words on words, a wide page.
() => {
  const found = [];
  const words = (graph, names) =>
    Array.from(graph.querySelectorAll(names)).filter((part) => part.textContent.trim() && part.getClientRects().length);
  const meet = (a, b, slack) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > slack && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > slack;
  const say = (graph, what) => found.push(graph.closest(".dash-graph").id + ": " + what);
  for (const graph of document.querySelectorAll(".js-plotly-plot")) {
    const frame = graph.getBoundingClientRect();
    if (!frame.width) continue;
    const figcaption = graph.closest("figure").querySelector("figcaption").getBoundingClientRect();
    if (figcaption.top < frame.bottom - 1) say(graph, "its caption lies on it");
    const all = words(graph, "svg.main-svg text");
    for (const part of all) {
      const box = part.getBoundingClientRect();
      const out = Math.max(frame.left - box.left, box.right - frame.right, frame.top - box.top, box.bottom - frame.bottom);
      if (out > 1) say(graph, `"${part.textContent}" sticks out by ${out.toFixed(0)}`);
    }
    const [legend] = graph.querySelectorAll(".legend .bg");
    const others = words(graph, '[class$="tick"] text, .infolayer [class$="title"], .annotation-text, [class*="cbaxis"] text');
    for (const part of others) {
      if (legend && meet(legend.getBoundingClientRect(), part.getBoundingClientRect(), 1))
        say(graph, `the legend lies on "${part.textContent}"`);
    }
    all.forEach((part, place) => {
      for (const other of all.slice(place + 1)) {
        if (meet(part.getBoundingClientRect(), other.getBoundingClientRect(), 2))
          say(graph, `"${part.textContent}" lies on "${other.textContent}"`);
      }
    });
  }
  const wide = document.scrollingElement.scrollWidth - window.innerWidth;
  if (wide > 0) found.push(`the page is ${wide} wider than its window`);
  return found;
};
