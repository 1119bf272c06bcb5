// A file goes out as it is, with the session's token in a header; without this script its text is pasted into the form.
"use strict";
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.dataset.upload === undefined) return;
  const file = form.querySelector("input[type=file]")?.files?.[0];
  if (!file) return;
  event.preventDefault();
  const button = form.querySelector("button");
  if (button) button.disabled = true;
  const query = new URLSearchParams();
  for (const box of form.querySelectorAll("input[type=checkbox]:checked, select")) query.set(box.name, box.value);
  const headers = { "x-csrf-token": form.querySelector("[name=csrf]").value, "content-type": "application/octet-stream" };
  try {
    const answer = await fetch(`${form.getAttribute("action")}?${query}`, { method: "POST", headers, body: file, redirect: "manual" });
    if (answer.type === "opaqueredirect") {
      location.assign(form.dataset.upload);
      return;
    }
    const told = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    form.closest("dialog")?.close();
    document.querySelector("main").replaceChildren(...(told?.childNodes ?? []));
  } finally {
    if (button) button.disabled = false;
  }
});
