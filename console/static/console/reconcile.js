// The Reconcile screen: single keys, what is ticked in figures, and the sum of a split. Without this
// file everything still works: the server adds up too.
"use strict";

(() => {
  // --- Money in cents: fractions would not add up -----------------------------------------------------

  function cents(text) {
    const found = /^(\d+)(?:\.(\d{1,2}))?$/.exec(text.trim());
    return found ? BigInt(found[1]) * 100n + BigInt((found[2] ?? "").padEnd(2, "0")) : null;
  }

  function money(amount, currency) {
    const whole = (amount / 100n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
    return `${whole}.${(amount % 100n).toString().padStart(2, "0")} ${currency}`;
  }

  // --- What is ticked ------------------------------------------------------------------------------

  const form = document.querySelector("[data-reconcile]");
  const told = form?.querySelector("[data-ticked]");

  function tell() {
    if (!told) return;
    const sums = new Map();
    const ticked = form.querySelectorAll("[name=tick]:checked");
    ticked.forEach(({ dataset }) => {
      sums.set(dataset.currency, (sums.get(dataset.currency) ?? 0n) + cents(dataset.amount));
    });
    const parts = [...sums].map(([currency, amount]) => money(amount, currency));
    told.textContent = [`${ticked.length} ticked`, ...parts].join(", ");
  }

  form?.addEventListener("change", tell);
  // Back from another page: the browser puts the ticks back as they were left.
  window.addEventListener("pageshow", tell);

  // --- Single keys -----------------------------------------------------------------------------------

  const KEPT = "console.reconcile.keys";
  const choice = document.querySelector("[data-keys]");

  function kept() {
    try {
      return localStorage.getItem(KEPT) !== "off";
    } catch {
      return true;
    }
  }

  if (choice) {
    choice.checked = kept();
    choice.addEventListener("change", () => {
      try {
        localStorage.setItem(KEPT, choice.checked ? "on" : "off");
      } catch {
        // Without storage it holds for this page.
      }
    });
  }

  const rows = [...document.querySelectorAll("[data-row]")];

  function current() {
    return rows.indexOf(document.activeElement?.closest("[data-row]"));
  }

  function go(to) {
    const row = rows[Math.min(Math.max(to, 0), rows.length - 1)];
    row?.querySelector("[data-open]").focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
  }

  function tick() {
    const box = rows[current()]?.querySelector("[name=tick]");
    if (!box) return;
    box.checked = !box.checked;
    tell();
  }

  const KEYS = {
    j: () => go(current() + 1),
    ArrowDown: () => go(current() + 1),
    k: () => go(current() - 1),
    ArrowUp: () => go(current() - 1),
    x: tick,
    r: () => form?.querySelector("[name=reason]")?.focus(),
    "/": () => document.querySelector(".reconcile [type=search]")?.focus(),
  };

  function isTyping(element) {
    return element.closest?.("textarea, select, [contenteditable], input:not([type=checkbox])");
  }

  function isDialogOpen() {
    return Boolean(document.getElementById("modal-content")?.offsetHeight
      || document.getElementById("command-results")?.offsetHeight);
  }

  document.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) || isDialogOpen() || (choice && !choice.checked)) return;
    // Without a line in focus the arrows scroll, as everywhere.
    if (event.key.startsWith("Arrow") && current() < 0) return;
    event.preventDefault();
    act();
  });

  // --- A split adds up before it is sent -----------------------------------------------------------------

  function sum(split) {
    const parts = [...split.querySelectorAll("[data-part-of]")];
    if (!parts.length) return null;
    const { partOf, currency } = parts[0].dataset;
    const amounts = parts.map((part) => cents(part.value));
    const whole = cents(partOf);
    if (amounts.includes(null)) return { differs: true, text: "Give each part an amount such as 89.00." };
    const total = amounts.reduce((before, amount) => before + amount, 0n);
    const gap = whole - total;
    if (gap === 0n) return { differs: false, text: `The parts make ${money(total, currency)}: all of it.` };
    const left = gap > 0n ? `${money(gap, currency)} have no part yet` : `${money(-gap, currency)} too much`;
    return { differs: true, text: `The parts make ${money(total, currency)} of ${money(whole, currency)}: ${left}.` };
  }

  function showSum(split) {
    const found = sum(split);
    if (!found) return null;
    let place = split.querySelector(".reconcile-split-sum");
    if (!place) {
      place = document.createElement("p");
      place.className = "reconcile-split-sum";
      place.setAttribute("role", "status");
      [...split.querySelectorAll("[data-part-of]")].at(-1).closest(".console-field").after(place);
    }
    place.textContent = found.text;
    place.toggleAttribute("data-differs", found.differs);
    return found;
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-part-of]")) showSum(event.target.form);
  });
  document.addEventListener("htmx:afterSettle", () => {
    document.querySelectorAll("form[data-verb-form]").forEach(showSum);
  });
  document.querySelectorAll("form[data-verb-form]").forEach(showSum);

  document.addEventListener("submit", (event) => {
    if (!showSum(event.target)?.differs) return;
    event.preventDefault();
    event.stopPropagation();
    event.target.querySelector("[data-part-of]").focus();
  }, true);
})();
