// What every page does: dialogs, toasts, the menu's Escape. All of it works without, only less smoothly.
"use strict";
(() => {
  const TOAST_MS = 20000;
  const toasts = () => document.getElementById("toasts");

  const bread = (text) => {
    const one = document.createElement("div");
    one.className = "bread";
    one.append(Object.assign(document.createElement("p"), { textContent: text }));
    toasts()?.append(one);
    fade(one);
  };

  const fade = (one) => {
    let timer = 0;
    const start = () => { timer = setTimeout(() => one.remove(), TOAST_MS); };
    const stop = () => clearTimeout(timer);
    for (const name of ["mouseenter", "focusin"]) one.addEventListener(name, stop);
    for (const name of ["mouseleave", "focusout"]) one.addEventListener(name, start);
    start();
  };

  document.addEventListener("click", (event) => {
    const { target } = event;
    if (!(target instanceof Element)) return;
    const opener = target.closest("[data-opens]");
    const dialog = opener && document.getElementById(opener.dataset.opens);
    if (dialog) {
      event.preventDefault();
      dialog.showModal();
      return;
    }
    if (target.closest("[data-closes]") && target.closest("dialog")) {
      event.preventDefault();
      target.closest("dialog").close();
    }
    if (target instanceof HTMLDialogElement) target.close(); // beside it: what lies inside is another target
    target.closest("[data-dismiss]")?.closest(".bread")?.remove();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && location.hash === "#menu") location.hash = "#main";
  });

  // One that the server opened (?open=) for a browser without this script becomes a modal one.
  for (const dialog of document.querySelectorAll("dialog[open]")) {
    dialog.close();
    dialog.showModal();
  }
  document.querySelectorAll(".bread").forEach(fade);
  document.addEventListener("htmx:error", () => bread(document.getElementById("offline")?.innerHTML ?? ""));
  document.addEventListener("toast", (event) => bread(event.detail.value ?? event.detail.text ?? ""));
})();
