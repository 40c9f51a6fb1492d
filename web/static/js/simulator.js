/* The simulator's page works without this. It adds: a look soon after each action, since a ticket takes a moment to
   print, and the calls aloud, for whoever asked to hear them. */

import { refresh } from "./live.js";

const LOOK_AGAIN_MS = [250, 600];

document.addEventListener("submit", () => LOOK_AGAIN_MS.forEach((wait) => setTimeout(refresh, wait)));

const listen = document.querySelector("[data-listen]");
const newest = () => Math.max(0, ...[...document.querySelectorAll("[data-sound]")].map((one) => Number(one.dataset.sound)));
let heard = newest();

listen.hidden = false;
listen.addEventListener("click", () => {
  const on = listen.getAttribute("aria-pressed") !== "true";
  listen.setAttribute("aria-pressed", String(on));
  heard = newest();
});

new MutationObserver(() => {
  const number = newest();
  if (number <= heard) return;
  heard = number;
  if (listen.getAttribute("aria-pressed") === "true") document.querySelector(`[data-sound="${number}"]`).play();
}).observe(document.querySelector("main"), { childList: true, subtree: true });
