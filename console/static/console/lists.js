// What a list does in the browser. Without this file the cards have no small headings, and the menu
// of columns closes by its own button alone.
"use strict";

// On a phone the rows are cards: each cell is told its heading, and whether it is empty.
document.addEventListener("DOMContentLoaded", () => {
  const list = document.getElementById("result_list");
  if (!list) return;
  const headings = [...list.querySelectorAll("thead th")].map((cell) => cell.textContent.trim());
  for (const row of list.querySelectorAll("tr.data-row")) {
    [...row.children].forEach((cell, place) => {
      cell.dataset.label = headings[place] ?? "";
      if (["", "-", "–"].includes(cell.textContent.trim())) cell.dataset.empty = "";
    });
  }
});

// The menu of columns closes by Escape and by a click beside it.
document.addEventListener("keydown", (event) => {
  const menu = document.querySelector(".console-column-menu[open]");
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.addEventListener("click", (event) => {
  const menu = document.querySelector(".console-column-menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});
