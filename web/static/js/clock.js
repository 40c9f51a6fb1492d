/* Times that go on by themselves: [data-clock] shows the office's time, [data-elapsed-since] the minutes since a moment
   of the server's clock. The server's time is taken from its answers, for a visitor's or an officer's own clock may be
   wrong. */

const lang = document.documentElement.lang || "id";
const inUnits = (unit, unitDisplay) => new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay });
const minuteFormat = inUnits("minute", "short");
const hourFormat = inUnits("hour", "long"); // "jam": the short Indonesian form, "j", is read by nobody

/* Server time = this page's monotonic time + this, in ms: a machine that sets its clock does not make times jump. */
let serverAheadMs = Date.now() - performance.now();

/** Takes the server's time from the Date header of an answer (whole seconds: half a second off on average). */
export function noteServerTime(response) {
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (!Number.isNaN(date)) serverAheadMs = date + 500 - performance.now();
}

/** The server's time now, in ms since 1970. */
export const serverNow = () => performance.now() + serverAheadMs;

/** "09.14" (id) or "09:14" (en), in the zone of `timeZone`, else of this machine. */
export function timeOfDay(ms, timeZone = undefined) {
  return new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone }).format(ms);
}

/** "3 mnt", "2 jam 36 mnt". */
function inMinutes(seconds) {
  const minutes = Math.floor(seconds / 60);
  const rest = minuteFormat.format(minutes % 60);
  return minutes < 60 ? rest : `${hourFormat.format(Math.floor(minutes / 60))} ${rest}`;
}

const write = (element, text) => {
  if (element && element.textContent !== text) element.textContent = text;
};

function showElapsed(element) {
  const seconds = Math.max(0, serverNow() / 1000 - Number(element.dataset.elapsedSince));
  write(element.querySelector("[data-elapsed-text]") ?? element, inMinutes(seconds));
  const bar = element.querySelector("[data-elapsed-bar]");
  if (bar) bar.value = Math.min(seconds, bar.max);
  const steps = (element.dataset.elapsedSteps ?? "").split(" ").filter(Boolean).map(Number);
  const step = String(steps.filter((limit) => seconds >= limit).length);
  if (steps.length && element.dataset.step !== step) element.dataset.step = step;
}

/** Draws every time on the page anew; call it after a part of the page has changed. */
export function showTimes() {
  for (const clock of document.querySelectorAll("[data-clock]")) {
    write(clock, timeOfDay(serverNow(), clock.dataset.timeZone || undefined));
  }
  document.querySelectorAll("[data-elapsed-since]").forEach(showElapsed);
}

/** Starts the times of this page. */
export function startTimes() {
  showTimes();
  setInterval(showTimes, 1000);
}
