/* Keeps regions fresh: <div data-live="URL"> holds what URL answers (an HTML fragment).

   The server sends wake-ups without content ("event: changed", "data:") to the one stream at body[data-events]; each makes
   this page fetch its regions. Where there is no stream (refused with 503, lost, or none named) it polls. When the server
   cannot be reached, [data-offline] appears and [data-offline-text] in it says when the last good state was. */

import { noteServerTime, serverNow, showTimes, startTimes, timeOfDay } from "./clock.js";
import { morph } from "./morph.js";

const POLL_S = 3;
const SAFETY_S = 30; // with a stream: a cable that was pulled gives no error, so look now and then all the same
const FETCH_LIMIT_MS = 8000;
const BACK_OFF_MS = [1000, 2000, 4000, 8000, 15000, 30000];
const EARLY_MS = 10000;

const regions = () => [...document.querySelectorAll("[data-live]")];
const seen = new Map(regions().map((region) => [region.dataset.live, region.innerHTML]));
const showers = new Map();
const { events, pollSeconds } = document.body.dataset;

let stream = null;
let tries = 0;
let beatTimer = 0;
let reconnectTimer = 0;
let running = false;
let again = false;
let lastGoodMs = serverNow();

/** Fetches every region and shows what has changed. Calls while one is under way become one more round after it. */
export async function refresh() {
  again = true;
  if (running) return;
  running = true;
  try {
    while (again) {
      again = false;
      const fresh = await Promise.all(regions().map(renew));
      showConnection(fresh.every(Boolean));
    }
  } finally {
    running = false;
  }
}

/** The regions were changed by other means: whatever the server says next is shown. */
export const forgetSeen = () => seen.clear();

/** Says that the server cannot be reached, or no longer says so. */
export function showConnection(reached) {
  if (reached) lastGoodMs = serverNow();
  const zone = document.querySelector("[data-time-zone]")?.dataset.timeZone;
  for (const element of document.querySelectorAll("[data-offline]")) {
    const place = element.querySelector("[data-offline-text]");
    if (!reached && place) place.textContent = place.dataset.offlineText.replace("{time}", timeOfDay(lastGoodMs, zone));
    element.hidden = reached;
  }
}

/** A region with data-live-as="name" gives its answers to `show(region, text)`: they are no HTML. */
export const showAs = (name, show) => showers.set(name, show);

async function renew(region) {
  const text = await load(region.dataset.live);
  if (text === null) return false;
  const show = region.dataset.liveAs ? showers.get(region.dataset.liveAs) : showFragment;
  show?.(region, text);
  return true;
}

function showFragment(region, html) {
  const url = region.dataset.live;
  const template = document.createElement("template");
  template.innerHTML = html;
  if (seen.get(url) === template.innerHTML) return;
  seen.set(url, template.innerHTML);
  morph(region, template.content);
  showTimes();
}

/** The answer's text, or null when the server could not be reached or could not answer. */
async function load(url) {
  let response;
  try {
    // A telephone's browser may be too old to know the time limit; it then waits as long as it likes.
    // X-Live: nobody clicked, so an officer who has left is logged out all the same.
    const headers = { "X-Live": "1" };
    response = await fetch(url, { cache: "no-store", headers, signal: AbortSignal.timeout?.(FETCH_LIMIT_MS) });
    if (response.ok && !response.redirected) {
      noteServerTime(response);
      return await response.text();
    }
  } catch {
    return null; // no network, or too slow: the caller shows it
  }
  // The officer's session or the visitor's ticket is over: the page itself says so. Not right after loading: it would go round.
  if ((response.redirected || [401, 404].includes(response.status)) && performance.now() > EARLY_MS) location.reload();
  return null;
}

function connect() {
  clearTimeout(reconnectTimer);
  if (!events || stream) return;
  stream = new EventSource(events);
  stream.addEventListener("changed", refresh);
  stream.addEventListener("open", () => {
    tries = 0;
    beat(); // what happened between the page and the stream
  });
  stream.addEventListener("error", () => {
    disconnect();
    const wait = BACK_OFF_MS[Math.min(tries, BACK_OFF_MS.length - 1)];
    tries += 1;
    reconnectTimer = setTimeout(connect, wait * (0.75 + Math.random() / 2));
    beat();
  });
}

function disconnect() {
  clearTimeout(reconnectTimer);
  stream?.close();
  stream = null;
}

/* One timer: each beat looks, and sets the next by whether a stream is open. */
async function beat() {
  clearTimeout(beatTimer);
  const wait = stream?.readyState === EventSource.OPEN ? SAFETY_S : Number(pollSeconds) || POLL_S;
  beatTimer = setTimeout(beat, wait * 1000);
  await refresh();
}

function rest() {
  disconnect();
  clearTimeout(beatTimer);
}

function wake() {
  if (document.hidden || !regions().length) return;
  connect();
  beat();
}

startTimes();
wake();
// Streams are few: a page that nobody sees gives its own back.
document.addEventListener("visibilitychange", () => (document.hidden ? rest() : wake()));
window.addEventListener("pagehide", rest);
window.addEventListener("pageshow", (event) => event.persisted && wake());
