// A chat without reloads: questions go out, answers come word by word, and in voice mode one talks instead of typing.
// Without this script every form does the same with a page in between.
"use strict";
(() => {
  const root = document.getElementById("chat");
  const talk = document.getElementById("talk");
  const form = document.getElementById("compose");
  const field = document.getElementById("f-text");
  if (!root || !talk || !form || !field) return;
  const voice = document.getElementById("voice");
  const HTMX = { "hx-request": "true" };
  let answering = null;

  const toast = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { text } }));
  const offline = () => document.getElementById("offline")?.innerHTML ?? "";
  const isLow = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 160;
  const down = () => scrollTo({ top: document.documentElement.scrollHeight });

  // What the box says to a POST of ours; a refusal is told, and gives null.
  const post = async (path, fields = {}) => {
    const body = new URLSearchParams({ csrf: form.elements.csrf.value, ...fields });
    try {
      const answer = await fetch(path, { method: "POST", headers: HTMX, body });
      if (answer.redirected) location.assign(answer.url);
      if (answer.ok) return await answer.text();
      const told = answer.headers.get("hx-trigger");
      toast(told ? JSON.parse(told).toast.text : offline());
    } catch {
      toast(offline());
    }
    return null;
  };

  // Follows the answer under way into its place; gives the whole message, null where it was cut off.
  const follow = (place) =>
    new Promise((done) => {
      const words = place.querySelector(".words");
      const source = new EventSource(root.dataset.events);
      const on = (name, then) => source.addEventListener(name, (event) => then(JSON.parse(event.data)));
      root.classList.add("answering");
      const end = (message) => {
        source.close();
        root.classList.remove("answering");
        done(message);
      };
      on("began", () => { words.textContent = ""; });
      on("delta", ({ text }) => {
        const low = isLow();
        words.textContent += text;
        if (low) down();
      });
      on("ended", ({ html, name }) => {
        const low = isLow();
        for (const old of talk.querySelectorAll("[data-again]")) old.remove();
        place.insertAdjacentHTML("afterend", html);
        const message = place.nextElementSibling;
        place.remove();
        document.querySelector("header.top h1").textContent = name;
        if (low) down();
        end(message);
      });
      on("lost", () => location.reload());
      on("bye", () => location.reload());
      source.addEventListener("error", () => {
        if (source.readyState !== EventSource.CLOSED) return;
        toast(offline());
        place.remove();
        end(null);
      });
    });

  const begun = (html) => {
    document.getElementById("nothing")?.remove();
    talk.insertAdjacentHTML("beforeend", html);
    down();
    answering = follow(talk.lastElementChild).finally(() => { answering = null; });
    return answering;
  };

  const ask = async (text) => {
    const html = await post(form.getAttribute("action"), { text });
    return html === null ? null : begun(html);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text || answering) return;
    field.value = "";
    if ((await ask(text)) === null && !field.value) field.value = text;
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    form.requestSubmit();
  });

  document.addEventListener("submit", async (event) => {
    const path = event.target instanceof HTMLFormElement && event.target.getAttribute("action");
    if (path?.endsWith("/stop")) {
      event.preventDefault();
      await post(path);
    }
    if (path?.endsWith("/again") && !answering) {
      event.preventDefault();
      const html = await post(path);
      if (html === null) return;
      if (talk.lastElementChild?.classList.contains("ours")) talk.lastElementChild.remove();
      begun(html);
    }
  });

  // Voice mode: listen, ask, speak the answer, listen again; twice nothing said ends it, a touch while it speaks goes on.
  let talking = false;
  const show = (state) => {
    voice.setAttribute("aria-pressed", String(talking));
    document.getElementById("voice-state").textContent = talking ? voice.dataset[state] : "";
  };
  const rounds = async () => {
    let silent = 0;
    while (talking && silent < 2) {
      show("listening");
      const text = await globalThis.secretaryMic.listen(voice);
      if (text === null || !talking) break;
      silent = text ? 0 : silent + 1;
      if (!text) continue;
      show("thinking");
      const message = await ask(text);
      const link = message?.querySelector("a[data-says]");
      if (!link || !talking) break;
      show("speaking");
      await globalThis.secretaryVoice.say(link);
    }
    talking = false;
    show("idle");
  };
  if (voice && globalThis.secretaryMic?.possible) {
    voice.hidden = false;
    voice.addEventListener("click", () => {
      if (talking && globalThis.secretaryVoice.speaking()) return globalThis.secretaryVoice.stop();
      talking = !talking;
      globalThis.secretaryVoice.stop();
      if (talking) rounds();
      else globalThis.secretaryMic.stop();
      return undefined;
    });
  }

  const open = talk.querySelector(".open");
  if (open) answering = follow(open).finally(() => { answering = null; });
  else if (location.hash === "#compose") down();
})();
