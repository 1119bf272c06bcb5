// Pieces of the page as they change, from `data-live`: the browser's own EventSource, which comes back where it was.
"use strict";
(() => {
  const root = document.querySelector("[data-live]");
  if (!root) return;
  const RETRY_MS = 3000;
  let source = null;

  // Whoever is about to choose something in a piece that is renewed goes on with it.
  const held = (element) => {
    const at = document.activeElement;
    return at && at.id && element.contains(at) ? { id: at.id, value: at.value } : null;
  };
  const give = ({ id, value }) => {
    const again = document.getElementById(id);
    if (!again) return;
    if (value !== undefined && again.value !== value) again.value = value;
    again.focus({ preventScroll: true });
  };

  const put = ({ to, html, how }) => {
    const element = document.getElementById(to);
    if (!element) return;
    const kept = how === "append" ? null : held(element);
    const low = innerHeight + scrollY >= document.documentElement.scrollHeight - 120;
    if (how === "append") element.insertAdjacentHTML("beforeend", html);
    else if (how === "outer") element.outerHTML = html;
    else element.innerHTML = html;
    globalThis.htmx?.process(document.getElementById(to));
    if (kept) give(kept);
    if (low && how === "append") scrollTo({ top: document.documentElement.scrollHeight });
  };

  // What was missed is not known any more: the page's own parts are fetched anew; what one has typed stays.
  const anew = async () => {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok || answer.redirected) return location.reload();
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const old of document.querySelectorAll("[data-part]")) {
      const part = fresh.getElementById(old.id);
      if (part) old.replaceWith(part);
    }
    return undefined;
  };

  const levels = ({ heard, said }) => {
    for (const [id, value] of [["level-heard", heard], ["level-said", said]]) {
      const meter = document.getElementById(id);
      if (meter) meter.value = value;
    }
  };

  const listen = (event, then) => source.addEventListener(event, (message) => then(JSON.parse(message.data)));
  const connect = () => {
    source = new EventSource(root.dataset.live);
    listen("put", (puts) => puts.forEach(put));
    listen("levels", levels);
    listen("lost", anew);
    listen("bye", () => { source.close(); location.reload(); });
    source.addEventListener("open", () => document.body.classList.remove("cut-off"));
    source.addEventListener("error", () => {
      document.body.classList.add("cut-off");
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
    });
  };
  connect();

  setInterval(() => {
    for (const clock of document.querySelectorAll("[data-since]")) {
      const seconds = Math.max(0, Math.floor(Date.now() / 1000 - Number(clock.dataset.since)));
      clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    }
  }, 1000);

  document.addEventListener("click", (event) => {
    const phrase = event.target instanceof Element && event.target.closest("[data-phrase]");
    const input = phrase && document.querySelector("form[data-clears] [name=text]");
    if (input) input.value = phrase.dataset.phrase;
  });
  document.addEventListener("htmx:after:request", (event) => {
    if (event.target instanceof HTMLFormElement && event.target.matches("[data-clears]")) event.target.reset();
  });
})();
