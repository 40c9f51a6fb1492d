/* The kiosk forgets its visitor. After body[data-idle-seconds] without a touch it asks for data-idle-warn-seconds (0: it does
   not ask), then empties every field, has the server forget its part (data-idle-wipe-url) and goes to data-idle-url without
   leaving the page in the history. It also empties the fields when the page is left in any other way, and never shows a page
   out of the back-forward cache. Nothing is stored here.
   body[data-idle-keep]: the page holds nothing of a visitor's, and stays in sight until the server answers. */

const TICK_MS = 250;
const AGAIN_MS = 3000;

const { idleSeconds, idleWarnSeconds, idleUrl, idleWipeUrl } = document.body.dataset;
const quietMs = Number(idleSeconds) * 1000;
const warnMs = Number(idleWarnSeconds) * 1000;
const dialog = document.querySelector("[data-idle-dialog]");

let touchedMs = performance.now();
let ticking = 0;
let left = false;

/** Empties all that a visitor may have entered, also what the server had put there. */
function wipe() {
  for (const element of document.querySelectorAll("input:not([type=hidden]), textarea, select")) {
    if (element.type === "checkbox" || element.type === "radio") element.checked = false;
    else if (element.tagName === "SELECT") element.selectedIndex = -1;
    else element.value = "";
  }
}

async function leave() {
  if (left) return;
  left = true;
  clearInterval(ticking);
  dialog?.close();
  wipe();
  if (idleWipeUrl) navigator.sendBeacon(idleWipeUrl);
  if (!("idleKeep" in document.body.dataset)) document.documentElement.dataset.left = "";
  // While the server starts anew, an empty page of ours waits here; the browser's error page would stay for good.
  while (!(await reachable())) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  location.replace(idleUrl);
}

async function reachable() {
  try {
    return (await fetch(idleUrl, { cache: "no-store", signal: AbortSignal.timeout(AGAIN_MS) })).status < 500;
  } catch {
    return false; // the caller tries again
  }
}

/** Writes a text that counts, out of its pattern with {n}. */
function count(element, pattern, seconds) {
  const text = pattern.replace("{n}", String(seconds));
  if (element.textContent !== text) element.textContent = text;
}

function showLeft(seconds, part) {
  const sentence = dialog.querySelector("[data-idle-text]");
  count(sentence, sentence.dataset.idleText, seconds);
  count(dialog.querySelector("[data-idle-left]"), "{n}", seconds);
  dialog.querySelector("[data-idle-ring]").setAttribute("stroke-dashoffset", String(100 - 100 * part));
}

function tick() {
  const leftMs = touchedMs + quietMs + warnMs - performance.now();
  if (leftMs <= 0) {
    leave();
    return;
  }
  const seconds = Math.ceil(leftMs / 1000);
  const counter = document.querySelector("[data-idle-countdown]");
  if (counter) count(counter, counter.dataset.idleCountdown, seconds);
  if (leftMs > warnMs || !dialog) return;
  showLeft(seconds, leftMs / warnMs);
  if (!dialog.open) dialog.showModal();
}

/* Under the question only its buttons count: a passer-by's sleeve must not keep the entries on the screen. */
function touched() {
  if (!dialog?.open) touchedMs = performance.now();
}

function stay() {
  dialog.close();
  touchedMs = performance.now();
}

function start() {
  for (const kind of ["pointerdown", "keydown", "input", "wheel", "touchmove"]) {
    document.addEventListener(kind, touched, { capture: true, passive: true });
  }
  dialog?.addEventListener("cancel", stay);
  dialog?.querySelector("[data-idle-stay]")?.addEventListener("click", stay);
  dialog?.querySelector("[data-idle-leave]")?.addEventListener("click", leave);
  tick();
  ticking = setInterval(tick, TICK_MS);
}

if (quietMs) start();
window.addEventListener("pagehide", wipe);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
