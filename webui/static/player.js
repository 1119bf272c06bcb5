// A recording and its transcript: the words follow the sound, a click on a word, a turn or the outline is heard.
"use strict";
(() => {
  const sound = document.getElementById("sound");
  if (!(sound instanceof HTMLAudioElement)) return;
  const wave = document.querySelector(".wave");
  const played = wave?.querySelector(".played");
  const turns = [...document.querySelectorAll("#talk > li[data-start]")];
  const words = [...document.querySelectorAll("#talk .word[data-at]")];
  const within = (one, at, from) => Number(one.dataset[from]) <= at && at < Number(one.dataset.end);

  const seek = (seconds) => {
    sound.currentTime = seconds;
    sound.play().catch(() => {}); // the browser wants a gesture first: the place is set all the same
  };

  const follow = () => {
    const at = sound.currentTime;
    if (played) {
      const box = wave.querySelector("svg").viewBox.baseVal;
      played.setAttribute("width", String(Math.min(1, at / Number(wave.dataset.seconds)) * box.width));
    }
    for (const turn of turns) {
      const now = !sound.paused && within(turn, at, "start");
      if (now && !turn.hasAttribute("aria-current")) turn.scrollIntoView({ block: "nearest" });
      if (now) turn.setAttribute("aria-current", "true");
      else turn.removeAttribute("aria-current");
    }
    for (const word of words) word.classList.toggle("now", !sound.paused && within(word, at, "at"));
  };

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const one = event.target.closest("#talk [data-at]");
    if (one) {
      event.preventDefault();
      seek(Number(one.dataset.at));
    }
    const drawing = event.target.closest(".wave svg");
    if (drawing) {
      const { left, width } = drawing.getBoundingClientRect();
      seek(((event.clientX - left) / width) * Number(wave.dataset.seconds));
    }
  });
  for (const name of ["timeupdate", "seeked", "pause", "ended"]) sound.addEventListener(name, follow);

  // `timeupdate` comes four times a second: too seldom for words.
  const smooth = () => {
    if (sound.paused) return;
    follow();
    requestAnimationFrame(smooth);
  };
  sound.addEventListener("play", smooth);
})();
