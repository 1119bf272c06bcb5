// Lines of a log as they are written. A pause closes the stream; going on asks for what came meanwhile.
"use strict";
(() => {
  const list = document.getElementById("lines");
  const form = document.querySelector("form[data-sends]");
  form?.querySelector("[data-plain]")?.remove();
  form?.addEventListener("change", () => form.submit());
  if (!list) return;
  const box = list.parentElement;
  const MOST = 1000;
  const RETRY_MS = 3000;
  const pause = document.getElementById("pause");
  const copy = document.getElementById("copy");
  let source = null;
  let mark = list.dataset.after;

  const add = ({ html }) => {
    const low = box.scrollTop + box.clientHeight >= box.scrollHeight - 40;
    document.getElementById("quiet")?.remove();
    list.insertAdjacentHTML("beforeend", html);
    while (list.childElementCount > MOST) list.firstElementChild.remove();
    if (low) box.scrollTop = box.scrollHeight;
  };
  const connect = () => {
    source = new EventSource(`${list.dataset.follow}&after=${encodeURIComponent(mark)}`);
    source.addEventListener("put", (message) => {
      mark = message.lastEventId;
      JSON.parse(message.data).forEach(add);
    });
    source.addEventListener("bye", () => { source.close(); location.reload(); });
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(() => source && connect(), RETRY_MS);
    });
  };
  const stop = () => { source?.close(); source = null; };

  pause.hidden = copy.hidden = false;
  pause.addEventListener("click", () => {
    const still = source !== null;
    if (still) stop();
    else connect();
    pause.setAttribute("aria-pressed", String(still));
    pause.textContent = still ? pause.dataset.on : pause.dataset.off;
  });
  // The clipboard of the browser needs a secure context; a selection can be copied everywhere.
  copy.addEventListener("click", async () => {
    const range = document.createRange();
    range.selectNodeContents(list);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    const text = [...list.children].map((line) => line.innerText.replace(/\s+/g, " ").trim()).join("\n");
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      document.execCommand("copy");
    }
    const said = copy.textContent;
    copy.textContent = copy.dataset.done;
    setTimeout(() => { copy.textContent = said; }, 2000);
  });
  box.scrollTop = box.scrollHeight;
  connect();
})();
