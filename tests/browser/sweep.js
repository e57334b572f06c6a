// Looks at one screen after another in one window. Needs axe. Each function answers with what is
// wrong, in words.
"use strict";

window.sweep = (() => {
  const MENU = "#nav-sidebar";
  const COLORS = ["color-contrast", "link-in-text-block"];
  // There is least of it on a phone.
  const ROOM = ["target-size", "scrollable-region-focusable"];

  // A colour on its way to another one is neither.
  const still = new CSSStyleSheet();
  still.replaceSync("*, ::before, ::after { transition: none !important; animation: none !important }");
  document.adoptedStyleSheets.push(still);

  // What a screen's scripts do at another size, to take away together with the screen.
  const resizers = [];
  const add = window.addEventListener;
  window.addEventListener = (type, does, ...rest) => {
    if (type === "resize") resizers.push(does);
    add.call(window, type, does, ...rest);
  };

  // --- From one screen to the next --------------------------------------------------------------

  function needs(shown) {
    return [...shown.querySelectorAll("link[rel=stylesheet], script[src]")]
      .map((each) => each.getAttribute("href") ?? each.getAttribute("src")).join("\n");
  }

  // Puts the body in place of this one, as htmx would: a sixth of the time of loading. Answers
  // false where the styles or scripts are others: that one must be loaded.
  async function turnTo(path, status) {
    const answer = await fetch(path);
    if (answer.status !== status || answer.redirected) {
      throw new Error(`${path}: ${answer.status} at ${answer.url}`);
    }
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (needs(next) !== needs(document)) return false;
    history.replaceState(null, "", path);
    resizers.splice(0).forEach((does) => window.removeEventListener("resize", does));
    document.title = next.title;
    document.body.replaceWith(next.body);
    await null;
    document.dispatchEvent(new Event("DOMContentLoaded"));
    window.dispatchEvent(new Event("load"));
    return true;
  }

  // --- WCAG -------------------------------------------------------------------------------------

  function told(found, when) {
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ html, any }) => `${when} ${id}: ${html.slice(0, 200)} ${any[0]?.message ?? ""}`));
  }

  // Elements whose text has colours that nothing before it had: its own, what it is printed on, how
  // large, and what it stands beside. Contrast is by far the slowest rule, and has nothing else to go by.
  function newLooks() {
    const seen = new Set(JSON.parse(sessionStorage.getItem("sweep.looks") ?? "[]"));
    const papers = new Map();
    const paper = (element) => {
      if (!element) return "";
      if (!papers.has(element)) {
        const { backgroundColor, backgroundImage, opacity } = getComputedStyle(element);
        const own = `${backgroundColor} ${backgroundImage} ${opacity}`;
        const plain = own === "rgba(0, 0, 0, 0) none 1";
        papers.set(element, paper(element.parentElement) + (plain ? "" : `/${own}`));
      }
      return papers.get(element);
    };
    const found = [];
    for (const element of new Set(texts().map((text) => text.parentElement))) {
      const { color, fontSize, fontWeight, textDecorationLine, textShadow } = getComputedStyle(element);
      const beside = element.tagName === "A" ? getComputedStyle(element.parentElement).color : "";
      const look = [color, fontSize, fontWeight, textDecorationLine, textShadow, beside, paper(element)].join(" ");
      if (seen.has(look)) continue;
      seen.add(look);
      found.push(element);
    }
    sessionStorage.setItem("sweep.looks", JSON.stringify([...seen]));
    return found;
  }

  async function colors(when) {
    const include = newLooks();
    if (!include.length) return [];
    return told(await axe.run({ include }, { runOnly: COLORS, resultTypes: ["violations"] }), when);
  }

  // `menu`: with the menu, which is the same on all.
  async function atADesk(tags, { menu }) {
    const rules = Object.fromEntries([...COLORS, ...ROOM].map((rule) => [rule, { enabled: false }]));
    const context = menu || !document.querySelector(MENU) ? document : { exclude: [[MENU]] };
    const found = told(await axe.run(context, { runOnly: tags, rules, resultTypes: ["violations"] }), "desk");
    found.push(...await colors("light"));
    document.documentElement.classList.add("dark");
    found.push(...await colors("dark"));
    document.documentElement.classList.remove("dark");
    return found;
  }

  // --- On a phone ---------------------------------------------------------------------------------

  function texts() {
    const found = [];
    const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (all.nextNode()) {
      const text = all.currentNode;
      if (!text.data.trim() || text.parentElement.closest("script, style, noscript, template, option")) continue;
      if (text.parentElement.checkVisibility({ visibilityProperty: true, opacityProperty: true })) found.push(text);
    }
    return found;
  }

  const CUTS = ["hidden", "clip"];

  // The first box that text sticks out of and is cut off by. A box that scrolls hides nothing.
  function cutter(text) {
    const range = document.createRange();
    range.selectNodeContents(text);
    const { left, right, top, bottom } = range.getBoundingClientRect();
    if (right - left < 1) return null;
    for (let box = text.parentElement; box && box !== document.body; box = box.parentElement) {
      const style = getComputedStyle(box);
      const at = box.getBoundingClientRect();
      // Written for screen readers alone.
      if (at.width <= 1 || at.height <= 1) return null;
      if (CUTS.includes(style.overflowX) && (left < at.left - 1 || right > at.right + 1)) return box;
      if (CUTS.includes(style.overflowY) && (top < at.top - 1 || bottom > at.bottom + 1)) return box;
      if (["auto", "scroll"].includes(style.overflowX)) return null;
      if (style.position === "fixed") break;
    }
    return left < -1 || right > innerWidth + 1 ? document.body : null;
  }

  function cutOff() {
    return texts().flatMap((text) => {
      const box = cutter(text);
      if (!box || box.closest("[title]") || text.parentElement.closest("[title]")) return [];
      return `phone: cut off “${text.data.trim().slice(0, 60)}” by <${box.tagName.toLowerCase()} class="${box.className}">`;
    });
  }

  // A chart follows the window in its own time.
  async function settled() {
    const page = document.documentElement;
    for (let frames = 60; frames && page.scrollWidth > page.clientWidth; frames -= 1) {
      await new Promise(requestAnimationFrame);
    }
    return page;
  }

  // What is large enough needs no room around it.
  function small() {
    const all = document.querySelectorAll("a, button, input, select, summary, [role], [tabindex]");
    return [...all].filter((each) => {
      const { width, height } = each.getBoundingClientRect();
      return width > 0 && height > 0 && (width < 24 || height < 24);
    });
  }

  function scrolling() {
    return [...document.querySelectorAll("body *")].filter((each) =>
      each.clientWidth && (each.scrollWidth > each.clientWidth || each.scrollHeight > each.clientHeight)
      && ["auto", "scroll"].some((way) => getComputedStyle(each).overflow.includes(way)));
  }

  async function onAPhone() {
    const page = await settled();
    const found = page.scrollWidth > page.clientWidth ? [`phone: sticks out, ${page.scrollWidth} px`] : [];
    found.push(...cutOff());
    for (const [rule, include] of [["target-size", small()], ["scrollable-region-focusable", scrolling()]]) {
      if (!include.length) continue;
      found.push(...told(await axe.run({ include }, { runOnly: [rule], resultTypes: ["violations"] }), "phone"));
    }
    return found;
  }

  return { turnTo, atADesk, onAPhone, colors };
})();
