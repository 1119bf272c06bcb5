// Typing by voice: the microphone's sound goes to the box as it is spoken, words come back as heard. A phrase ends with a
// silence, or with the button. `secretaryMic.listen(button)` gives the phrase, "" where nothing was said.
"use strict";
(() => {
  const STREAM = "/admin/stt/stream";
  const PAUSE_MS = 1300;
  const WAIT_MS = 9000;
  const LONGEST_MS = 38000;
  const LOUD = 0.012; // of full scale: less is a quiet room
  const ABOVE = 3; // times the room's own noise
  const heard = () => document.getElementById("mic-heard");
  const possible = globalThis.isSecureContext && navigator.mediaDevices?.getUserMedia && globalThis.AudioWorkletNode;
  let context = null;
  let current = null;

  const toast = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { text } }));

  // When a phrase is over: after something louder than the room, a while without it.
  const ending = () => {
    const began = performance.now();
    let noise = LOUD / ABOVE;
    let spoke = 0;
    let voiced = 0;
    return (level) => {
      const now = performance.now();
      if (level > Math.max(LOUD, ABOVE * noise)) {
        spoke = now;
        voiced += 1;
      } else noise = 0.95 * noise + 0.05 * level;
      if (now - began > LONGEST_MS) return true;
      return voiced > 2 ? now - spoke > PAUSE_MS : now - began > WAIT_MS;
    };
  };

  const openSound = async (button) => {
    const media = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
    context ??= new AudioContext();
    await context.resume();
    if (!context.hasCapture) {
      await context.audioWorklet.addModule(button.dataset.worklet);
      context.hasCapture = true;
    }
    const source = context.createMediaStreamSource(media);
    const node = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
    source.connect(node);
    const close = () => {
      node.port.onmessage = null;
      source.disconnect();
      media.getTracks().forEach((track) => track.stop());
    };
    return { port: node.port, close };
  };

  const hear = (button, sound) =>
    new Promise((done, failed) => {
      const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${STREAM}`);
      const over = ending();
      const finals = [];
      let problem = "";
      let stopping = false;
      const stop = () => {
        if (stopping) return;
        stopping = true;
        sound.close();
        if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "stop" }));
        else socket.close();
      };
      current = { button, stop };
      socket.binaryType = "arraybuffer";
      socket.addEventListener("open", () => socket.send(JSON.stringify({ type: "start", rate: context.sampleRate })));
      socket.addEventListener("message", ({ data }) => {
        const told = JSON.parse(data);
        if (told.type === "stt.listening") {
          sound.port.onmessage = ({ data: { pcm, level } }) => {
            if (stopping) return;
            if (socket.readyState === WebSocket.OPEN) socket.send(pcm);
            button.style?.setProperty("--level", String(Math.min(1, level * 8)));
            if (over(level)) stop();
          };
        }
        if (told.type === "stt.partial" && heard()) heard().textContent = [...finals, told.text].join(" ");
        if (told.type === "stt.final" && told.text) finals.push(told.text);
        if (told.type === "problem") problem = told.text;
      });
      socket.addEventListener("close", ({ code }) => {
        sound.close();
        if (problem || (code !== 1000 && !stopping)) failed(new Error(problem || button.dataset.failed));
        else done(finals.join(" ").trim());
      });
    });

  const listen = async (button) => {
    if (current) {
      current.stop();
      return "";
    }
    current = { button, stop: () => {} };
    button.setAttribute("aria-pressed", "true");
    if (heard()) heard().textContent = "";
    try {
      const text = await hear(button, await openSound(button));
      if (!text) toast(button.dataset.silent);
      return text;
    } catch (error) {
      toast(error.name === "NotAllowedError" || error.name === "NotFoundError" ? button.dataset.denied : error.message);
      return null;
    } finally {
      current = null;
      button.setAttribute("aria-pressed", "false");
      if (heard()) heard().textContent = "";
    }
  };

  const write = (button, text) => {
    const field = document.getElementById(button.dataset.mic);
    field.value = field.value && !("go" in button.dataset) ? `${field.value} ${text}` : text;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.focus();
    if ("go" in button.dataset) field.form.requestSubmit();
  };

  for (const button of document.querySelectorAll("[data-mic]")) {
    button.hidden = false;
    if (!possible) {
      button.disabled = true;
      button.setAttribute("aria-describedby", "mic-off");
      document.getElementById("mic-off").hidden = false;
      continue;
    }
    button.addEventListener("click", async () => {
      const text = await listen(button);
      if (text) write(button, text);
    });
  }
  globalThis.secretaryMic = { listen, possible: Boolean(possible), stop: () => current?.stop() };
})();
