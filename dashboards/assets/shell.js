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
  let waiting = false;
  new MutationObserver(function () {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(function () {
      waiting = false;
      draw();
    });
  }).observe(document.documentElement, { childList: true, subtree: true, characterData: true });
})();
