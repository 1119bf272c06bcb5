// Fetches this page again while someone looks at it, and swaps its content. Without it a meta refresh does the same.
"use strict";
(() => {
  const live = () => document.getElementById("live");
  const refresh = async () => {
    const old = live();
    if (document.hidden || !old) return;
    try {
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(8000) });
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = next.getElementById("live");
      if (!fresh || fresh.outerHTML === old.outerHTML) return;
      const focused = document.activeElement && document.activeElement.getAttribute("href");
      old.replaceWith(fresh);
      document.title = next.title;
      if (focused) fresh.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    } catch (error) {
      console.info("no answer, trying again", error);
    }
  };
  const seconds = Number(live()?.dataset.seconds) || 5;
  setInterval(refresh, seconds * 1000);
  document.addEventListener("visibilitychange", refresh);
})();
