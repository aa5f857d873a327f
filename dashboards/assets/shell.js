// What runs in the browser alone: links that carry the selection, light or dark, formulas.
window.dash_clientside = Object.assign({}, window.dash_clientside, {
  costmodel: {
    // The selection goes along from page to page; the link of the page that is open says so to screen readers.
    steer: function (pathname, search) {
      const links = Array.from(document.querySelectorAll("nav a"));
      return links.map(function (link) {
        const own = new URL(link.href).pathname;
        if (own === pathname) {
          link.setAttribute("aria-current", "page");
          const row = link.closest("nav");
          row.scrollLeft = link.offsetLeft - row.offsetLeft - (row.clientWidth - link.offsetWidth) / 2;
          document.title = link.textContent + " – costmodel";
        } else {
          link.removeAttribute("aria-current");
        }
        return own + (search || "");
      });
    },
  },
});

(function () {
  const root = document.documentElement;
  const kept = localStorage.getItem("theme");
  if (kept === "light" || kept === "dark") root.dataset.theme = kept;
  document.addEventListener("click", function (event) {
    if (!event.target.closest("#theme")) return;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  });

  // A formula arrives as text; KaTeX draws it once and keeps the text for whoever copies or reads it aloud. Formulas are
  // drawn in the pauses of everything else, so that a map never waits for those below it.
  let measured = 0; // the window's width for which the formulas that stand here were measured
  function draw(pause) {
    if (!window.katex) return true;
    for (const place of document.querySelectorAll(".tex")) {
      const drawn = place.querySelector(".katex");
      const text = place.dataset.tex && drawn ? place.dataset.tex : place.textContent;
      if (place.dataset.tex === text && drawn) continue;
      if (!pause.didTimeout && pause.timeRemaining() < 4) return false;
      place.dataset.tex = text;
      measured = 0;
      katex.render(text, place, { throwOnError: false, displayMode: place.tagName === "DIV", output: "htmlAndMathml" });
    }
    return true;
  }
  // What is wider than its place says so, and can be reached by keyboard. Asking for widths makes the browser lay the page out.
  function scrolls() {
    measured = innerWidth;
    document.querySelectorAll(".equation").forEach(function (line) {
      mark(line);
      if (line.classList.contains("cut")) line.tabIndex = 0;
      else line.removeAttribute("tabindex");
    });
  }
  function mark(place) {
    place.classList.toggle("cut", place.scrollWidth > place.clientWidth + 1);
  }
  // A table tells itself when its width changes, or that of its place.
  const widths = new ResizeObserver(function (changes) {
    for (const change of changes) mark(change.target.closest(".scroll") || change.target);
  });
  const tables = new WeakSet();
  function measure() {
    document.querySelectorAll(".scroll, .scroll > table").forEach(function (part) {
      if (tables.has(part)) return;
      tables.add(part);
      widths.observe(part);
    });
  }
  // Dash's controls leave these to the page: whose label a field has, and one stop of the tab key for each.
  function name(element, label) {
    if (element && label && !element.getAttribute("aria-label")) element.setAttribute("aria-label", label.textContent.trim());
  }
  function mend() {
    document.querySelectorAll("button.dash-dropdown").forEach(function (button) {
      const own = button.id + "-label";
      if (document.getElementById(own)) button.setAttribute("aria-labelledby", own + " " + button.id);
      const twin = button.parentElement.querySelector(".dash-dropdown-focus-target");
      if (twin && twin.tabIndex !== -1) {
        twin.tabIndex = -1;
        button.tabIndex = 0;
      }
    });
    document.querySelectorAll(".dash-checklist[role], .dash-checklist :is([role=option], [aria-selected])").forEach(function (element) {
      element.removeAttribute("role");
      element.removeAttribute("aria-selected");
    });
    document.querySelectorAll(".control").forEach(function (control) {
      const label = control.querySelector("label, .label");
      control.querySelectorAll("[role=slider], .dash-range-slider-input, input[type=file]").forEach(function (field) {
        name(field, label);
      });
    });
    document.querySelectorAll(".dash-dropdown-content:not([aria-label])").forEach(function (list) {
      list.setAttribute("aria-label", "Choices");
    });
  }

  // How many rows a legend takes only the browser knows: a figure grows by them, and its axes keep their height. A little
  // room to spare stays, since to draw a figure again takes longer than it is worth.
  const SPARE = 40;
  const drawn = new WeakMap(); // the size for which a graph was last drawn again
  function fit(graph) {
    const layout = graph.layout || {}, rows = graph.querySelector(".legend .bg");
    if (!layout.meta || !layout.margin || !rows) return;
    const due = Math.ceil(layout.meta.under + Number(rows.getAttribute("height")));
    const spare = layout.margin.b - due;
    const below = spare >= 0 && spare < SPARE ? layout.margin.b : due;
    const height = layout.margin.t + layout.meta.axes + below;
    graph.closest(".dash-graph").style.height = height + "px";
    const fits = layout.margin.b === below && (!layout.height || layout.height === height);
    const size = [graph.clientWidth, height].join();
    if (fits && (!strayed(graph, layout) || drawn.get(graph) === size)) return;
    drawn.set(graph, size);
    window.Plotly.relayout(graph, { "margin.b": below, height: height, autosize: true });
  }
  // Plotly may leave a legend where it was for the size of a graph that was not yet shown.
  function strayed(graph, layout) {
    const moved = /translate\([^,]+,([^)]+)\)/.exec(graph.querySelector(".legend").getAttribute("transform") || "");
    return Boolean(moved) && Math.abs(Number(moved[1]) - layout.margin.t - layout.meta.axes * (1 - layout.legend.y)) > 2;
  }
  // A graph that is made anew in its place has another emitter, which nobody listens to yet.
  const emitters = new WeakMap();
  function watched(graph) {
    return Boolean(graph.on) && emitters.get(graph) === graph.on;
  }
  function watch() {
    document.querySelectorAll(".js-plotly-plot").forEach(function (graph) {
      if (watched(graph) || !graph.on) return;
      emitters.set(graph, graph.on);
      graph.on("plotly_afterplot", function () {
        fit(graph);
      });
      fit(graph);
    });
  }

  // Controls are open where they stand beside the figures, and folded on a phone, before either is painted.
  const wide = matchMedia("(min-width: 861px)");
  function fold(all) {
    document.querySelectorAll("details.fold").forEach(function (part) {
      if (!all && part.dataset.folded) return;
      part.dataset.folded = "yes";
      part.open = wide.matches;
    });
  }
  wide.addEventListener("change", function () { fold(true); });

  // What was uploaded comes into view once it is drawn: its tile, or the figures of a page without tiles.
  function reveal() {
    document.querySelectorAll("[data-reveal]:not([data-revealed])").forEach(function (message) {
      if (document.querySelector("[data-dash-is-loading=true]")) return;
      const tiles = document.querySelectorAll(".panel");
      const own = Array.from(tiles).find((tile) => tile.id.includes(JSON.stringify(message.dataset.reveal)));
      const place = tiles.length ? own : document.querySelector(".results");
      if (!place) return;
      message.dataset.revealed = "yes";
      place.scrollIntoView({ block: tiles.length ? "center" : "start" });
    });
  }

  const idle = window.requestIdleCallback || function (work) {
    setTimeout(function () { work({ didTimeout: true, timeRemaining: function () { return 0; } }); }, 30);
  };
  let waiting = false;
  function later() {
    if (waiting) return;
    waiting = true;
    idle(function (pause) {
      waiting = false;
      const done = draw(pause);
      mend();
      watch();
      measure();
      reveal();
      if (!done) later();
      else if (measured !== innerWidth) scrolls();
    }, { timeout: 1000 });
  }
  // What Plotly builds inside a figure that is watched is its own.
  function ours(change) {
    const graph = change.target.closest && change.target.closest(".js-plotly-plot");
    return !graph || !watched(graph);
  }
  new MutationObserver(function (changes) {
    fold(false);
    if (changes.some(ours)) later();
  }).observe(document.documentElement, {
    childList: true, subtree: true, characterData: true, attributeFilter: ["role", "aria-selected"],
  });
  addEventListener("resize", later);
})();
