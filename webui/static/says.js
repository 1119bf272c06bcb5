// An answer, spoken: part after part, the next one fetched while one is heard. `secretaryVoice.say(link)` ends with the
// sound, or when it is stopped; a second click on the link stops it.
"use strict";
(() => {
  const sound = new Audio();
  const kept = new Map();
  let now = null;

  const toast = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { text } }));

  const part = (link, n) => {
    const url = `${link.getAttribute("href")}?part=${n}`;
    if (!kept.has(url)) {
      const asked = fetch(url, { headers: { "hx-request": "true" } }).then(async (answer) => {
        if (answer.ok) return URL.createObjectURL(await answer.blob());
        kept.delete(url);
        const told = answer.headers.get("hx-trigger");
        throw new Error(told ? JSON.parse(told).toast.text : document.getElementById("offline")?.innerHTML ?? "");
      });
      asked.catch(() => {}); // told where it is waited for
      kept.set(url, asked);
    }
    return kept.get(url);
  };

  const heard = (url, signal) =>
    new Promise((done, failed) => {
      sound.src = url;
      sound.onended = done;
      sound.onerror = () => failed(new Error(""));
      signal.addEventListener("abort", () => { sound.pause(); done(); });
      sound.play().catch(failed);
    });

  const stop = () => now?.abort();

  const say = async (link) => {
    stop();
    const mine = (now = new AbortController());
    link.setAttribute("aria-pressed", "true");
    try {
      for (let n = 0; n < Number(link.dataset.says) && !mine.signal.aborted; n += 1) {
        const url = await part(link, n);
        if (n + 1 < Number(link.dataset.says)) part(link, n + 1);
        if (!mine.signal.aborted) await heard(url, mine.signal);
      }
      return !mine.signal.aborted;
    } catch (error) {
      if (error.message) toast(error.message);
      return false;
    } finally {
      link.removeAttribute("aria-pressed");
      if (now === mine) now = null;
    }
  };

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-says]");
    if (!link) return;
    event.preventDefault();
    if (link.hasAttribute("aria-pressed")) stop();
    else say(link);
  });
  globalThis.secretaryVoice = { say, stop, speaking: () => now !== null };
})();
