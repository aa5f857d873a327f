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

  // A formula arrives as text; KaTeX draws it once and keeps the text for whoever copies or reads it aloud. Formulas are
  // drawn in the pauses of everything else, so that a map never waits for those below it.
  function draw(pause) {
    if (!window.katex) return true;
    for (const place of document.querySelectorAll(".tex")) {
      const drawn = place.querySelector(".katex");
      const text = place.dataset.tex && drawn ? place.dataset.tex : place.textContent;
      if (place.dataset.tex === text && drawn) continue;
      if (!pause.didTimeout && pause.timeRemaining() < 4) return false;
      place.dataset.tex = text;
      katex.render(text, place, { throwOnError: false, displayMode: place.tagName === "DIV", output: "htmlAndMathml" });
    }
    return true;
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
    document.querySelectorAll(".dash-checklist[role], .dash-checklist [role=option]").forEach(function (element) {
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
      if (!done) later();
    }, { timeout: 1000 });
  }
  // What Plotly builds inside a figure is its own.
  new MutationObserver(function (changes) {
    if (changes.some(function (change) { return !(change.target.closest && change.target.closest(".js-plotly-plot")); })) later();
  }).observe(document.documentElement, { childList: true, subtree: true, characterData: true });
  addEventListener("resize", later);
})();
