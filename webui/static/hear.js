// A text as it stands in its field, spoken by the secretary's voice before it is saved.
"use strict";
(() => {
  const sound = new Audio();
  const toast = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { text } }));

  const spoken = async (field) => {
    const named = (name) => field.form.elements[name]?.value ?? "";
    const text = field.value.replaceAll("{name}", named("name")).replaceAll("{company}", named("company")).trim();
    const headers = { "content-type": "application/json", "x-csrf-token": named("csrf") };
    const answer = await fetch("/admin/tts/test", { method: "POST", headers, body: JSON.stringify({ text }) });
    if (answer.ok) return URL.createObjectURL(await answer.blob());
    const problem = await answer.json();
    throw new Error(problem.detail || problem.title);
  };

  for (const button of document.querySelectorAll("[data-hears]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        sound.src = await spoken(document.getElementById(button.dataset.hears));
        await sound.play();
      } catch (error) {
        toast(error.message);
      } finally {
        button.disabled = false;
      }
    });
  }
})();
