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

  // A formula arrives as text; KaTeX draws it once and keeps the text for whoever copies or reads it aloud.
  function draw() {
    if (!window.katex) return;
    document.querySelectorAll(".tex").forEach(function (place) {
      const text = place.dataset.tex && place.querySelector(".katex") ? place.dataset.tex : place.textContent;
      if (place.dataset.tex === text && place.querySelector(".katex")) return;
      place.dataset.tex = text;
      katex.render(text, place, { throwOnError: false, displayMode: place.tagName === "DIV", output: "htmlAndMathml" });
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
    document.querySelectorAll(".equation").forEach(function (line) {
      if (line.scrollWidth > line.clientWidth) line.tabIndex = 0;
      else line.removeAttribute("tabindex");
    });
    document.querySelectorAll(".dash-dropdown-content:not([aria-label])").forEach(function (list) {
      list.setAttribute("aria-label", "Choices");
    });
  }

  // How many rows a legend takes only the browser knows: a figure grows by them, and its axes keep their height. A little
  // room to spare stays, since to draw a figure again takes longer than it is worth.
  const SPARE = 40;
  function fit(graph) {
    const layout = graph.layout || {}, rows = graph.querySelector(".legend .bg");
    if (!layout.meta || !layout.margin || !rows) return;
    const due = Math.ceil(layout.meta.under + Number(rows.getAttribute("height")));
    const spare = layout.margin.b - due;
    const below = spare >= 0 && spare < SPARE ? layout.margin.b : due;
    const height = layout.margin.t + layout.meta.axes + below;
    graph.closest(".dash-graph").style.height = height + "px";
    if (layout.margin.b === below && (!layout.height || layout.height === height)) return;
    window.Plotly.relayout(graph, { "margin.b": below, height: height, autosize: true });
  }
  function watch() {
    document.querySelectorAll(".js-plotly-plot").forEach(function (graph) {
      if (graph.dataset.watched || !graph.on) return;
      graph.dataset.watched = "yes";
      graph.on("plotly_afterplot", function () {
        fit(graph);
      });
      fit(graph);
    });
  }

  let waiting = false;
  new MutationObserver(function () {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(function () {
      waiting = false;
      draw();
      mend();
      watch();
    });
  }).observe(document.documentElement, {
    childList: true, subtree: true, characterData: true, attributeFilter: ["role", "aria-selected"],
  });
  addEventListener("resize", mend);
})();
