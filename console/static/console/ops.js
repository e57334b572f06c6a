// What the console's dialogs and pages need beyond Unfold. Without this file everything still works,
// as whole pages: verbs are links, their forms are forms.
"use strict";

(() => {
  // --- One submit is one POST ----------------------------------------------------------------------
  // The server has a one-time token for the same purpose; this spares people the second answer.

  const sending = new WeakSet();

  function setBusy(form, busy) {
    const button = form.querySelector("[type=submit]");
    if (busy) {
      sending.add(form);
      button?.setAttribute("aria-busy", "true");
    } else {
      sending.delete(form);
      button?.removeAttribute("aria-busy");
    }
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    if (!(form instanceof HTMLFormElement)) return;
    if (sending.has(form)) event.preventDefault();
    else setBusy(form, true);
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (!(form instanceof HTMLFormElement)) return;
    // The page is being left: a click in between must not send the form once more.
    if (event.detail.xhr?.getResponseHeader("HX-Redirect")) return;
    setBusy(form, false);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post") || event.defaultPrevented) return;
    // A download leaves the page as it is: the next one is wanted too.
    if (form.action.includes("/export/")) return;
    if (sending.has(form)) event.preventDefault();
    else setBusy(form, true);
  });

  // Back from the next page: the browser shows this one as it was left.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelectorAll("form").forEach((form) => setBusy(form, false));
  });

  // --- Dialogs -------------------------------------------------------------------------------------

  const FIRST = "[aria-invalid=true], .errors :is(input, select, textarea), [autofocus], "
    + "input:not([type=hidden]), select, textarea, .console-copy, [type=submit], a[href]";

  function modal() {
    return document.getElementById("modal-content");
  }

  let opener = null;

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target === modal()) opener = event.detail.elt;
  });

  // Back to where the person was. Unfold's focus trap would go back to the first field: it starts
  // after that has the focus.
  window.addEventListener("load", () => {
    const frame = modal()?.parentElement;
    if (!frame) return;
    let shown = false;
    new MutationObserver(() => {
      const closed = shown && frame.style.display === "none";
      shown = frame.style.display !== "none";
      // Once the trap has let go.
      if (closed) setTimeout(() => opener?.focus(), 0);
    }).observe(frame, { attributes: true, attributeFilter: ["style"] });
  });

  function focusFirst(tries) {
    const dialog = modal();
    if (!dialog?.offsetHeight) {
      if (tries > 0) requestAnimationFrame(() => focusFirst(tries - 1));
      return;
    }
    const invalid = dialog.querySelector("[aria-invalid=true], .errors :is(input, select, textarea)");
    (invalid ?? dialog.querySelector(FIRST))?.focus();
  }

  document.addEventListener("htmx:afterSettle", (event) => {
    if (modal()?.contains(event.detail.elt) || event.detail.elt === modal()) focusFirst(60);
  });

  // A signed-out session answers with the sign-in page, a refused one with an error page: neither
  // is a dialog. Showing the address as a page tells what is the matter.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr, requestConfig } = event.detail;
    if (target !== modal() && !modal()?.contains(target)) return;
    if (xhr.status < 400 && xhr.responseText.includes('id="dialog"')) return;
    event.detail.shouldSwap = false;
    if (requestConfig.verb === "get") window.location.assign(requestConfig.path);
    else if (xhr.status >= 500) say(requestConfig.elt, "Something went wrong on our side and nothing was changed. Try again.");
    else if (xhr.status === 403) say(requestConfig.elt, `${headingOf(xhr)}. Nothing was changed. Keep what you typed and load the page again.`);
    else window.location.reload();
  });

  document.addEventListener("htmx:sendError", (event) => {
    say(event.detail.elt, "The server did not answer. Send it again: it is done at most once.");
  });

  // Of an error page: templates/403.html, templates/403_csrf.html.
  function headingOf(xhr) {
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    return page.querySelector("h1")?.textContent.trim() || "This was refused";
  }

  // Keeps what was typed.
  function say(form, text) {
    const place = form.querySelector("[data-verb-message]");
    if (!place) return;
    place.textContent = text;
    place.hidden = false;
  }

  // The dialog before must not show for the moment until the new one is here: typing would be lost.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { target } = event.detail;
    if (target.id === "modal-content") target.replaceChildren();
  });

  // A click beside the dialog closes it. Not once something was typed: Escape and Cancel still do.
  document.addEventListener("click", (event) => {
    const dialog = modal();
    const typed = dialog?.querySelector("form[data-typed]");
    if (!typed || !dialog.offsetHeight || dialog.contains(event.target)) return;
    // While the dialog opens, its frame is a little smaller than the page and the overlay is hit.
    const beside = [dialog.parentElement, document.getElementById("modal-overlay")];
    if (beside.some((layer) => layer?.contains(event.target))) event.stopPropagation();
  }, true);

  document.addEventListener("input", (event) => {
    event.target.closest?.("form[data-verb-form]")?.setAttribute("data-typed", "");
  });

  // --- Over the person's own limit: said while the amount is typed ------------------------------------

  function tellOver(input) {
    const over = Math.abs(Number(input.value)) > Number(input.dataset.limit);
    let note = input.parentElement.querySelector("[data-over-note]");
    if (!note) {
      note = document.createElement("p");
      note.className = "console-over";
      note.dataset.overNote = "";
      note.setAttribute("role", "status");
      input.after(note);
    }
    const text = over ? input.dataset.over : "";
    if (note.textContent !== text) note.textContent = text;
    const send = input.form.querySelector("[type=submit]");
    send.dataset.otherwise ??= send.textContent;
    send.textContent = over ? "Send for approval" : send.dataset.otherwise;
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-limit]")) tellOver(event.target);
    event.target.form?.querySelectorAll(`[data-plus="${event.target.name}"]`).forEach(tellSum);
  });

  function tellAll() {
    document.querySelectorAll("[data-limit]").forEach(tellOver);
    document.querySelectorAll("[data-plus]").forEach(tellSum);
  }

  document.addEventListener("htmx:afterSettle", tellAll);
  window.addEventListener("load", tellAll);

  // --- What a number makes of the figure before: “454 → 1,454” while 1000 is typed ----------------------

  function tellSum(place) {
    place.dataset.otherwise ??= place.textContent;
    const typed = place.closest("form").elements[place.dataset.plus].value;
    const sum = Number(place.dataset.before.replaceAll(",", "")) + Number(typed);
    const known = typed !== "" && Number.isSafeInteger(sum);
    const after = sum < 0 ? "below zero: will be refused" : sum.toLocaleString("en-US");
    const text = known ? after : place.dataset.otherwise;
    if (place.textContent !== text) place.textContent = text;
  }

  // What was wrong is being mended: what was said about it is no longer true.
  document.addEventListener("input", (event) => {
    const field = event.target.closest?.(".console-field.errors");
    if (!field) return;
    field.classList.remove("errors", "group");
    field.querySelector(".console-errors")?.remove();
    event.target.removeAttribute("aria-invalid");
  });

  // --- Unfold's buttons that are none ----------------------------------------------------------------

  // The menu's switch and the person's menu are a span and a div: no keyboard reaches them.
  const NAMES = {
    "sidebarToggle()": "Show or hide the menu",
    "if (!$event.target.closest('a')) { openUserLinks = !openUserLinks }": "Your account",
  };

  window.addEventListener("load", () => {
    for (const [does, name] of Object.entries(NAMES)) {
      document.querySelectorAll(`[x-on\\:click="${does}"]`).forEach((button) => reach(button, name));
    }
  });

  function reach(button, name) {
    button.setAttribute("role", "button");
    button.setAttribute("aria-label", name);
    button.tabIndex = 0;
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      button.click();
    });
  }

  // --- Copy buttons ----------------------------------------------------------------------------------

  async function copy(button) {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without https there is no clipboard: select the text, so that Ctrl+C takes it.
      const range = document.createRange();
      range.selectNodeContents(button.previousElementSibling ?? button);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      return;
    }
    const icon = button.querySelector(".material-symbols-outlined");
    const label = button.getAttribute("aria-label");
    button.setAttribute("data-copied", "");
    button.setAttribute("aria-label", "Copied");
    if (icon) icon.textContent = "check";
    setTimeout(() => {
      button.removeAttribute("data-copied");
      if (label) button.setAttribute("aria-label", label);
      if (icon) icon.textContent = "content_copy";
    }, 1500);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (button) copy(button);
  });

  // --- Search: Enter opens the first hit ---------------------------------------------------------------

  // Unfold asks half a second after a key was let go: too late, and never for what a mouse pasted.
  document.addEventListener("htmx:beforeProcessNode", (event) => {
    if (event.target.id !== "search-input-command") return;
    event.target.setAttribute("hx-trigger", "input changed delay:150ms");
  });

  let answered = "";
  let waiting = "";

  function openFirstHit() {
    const link = document.querySelector("#command-results-list a");
    if (link) window.location.assign(link.href);
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.id !== "search-input-command") return;
    if (document.querySelector("#command-results li.active")) return;
    if (answered === event.target.value) openFirstHit();
    else waiting = event.target.value;
  }, true);

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.id !== "command-results") return;
    answered = new URL(event.detail.xhr.responseURL).searchParams.get("s") ?? "";
    if (waiting && waiting === answered) openFirstHit();
  });
})();
