/* Forms are plain POST forms and work without this. It adds: no second send by an impatient finger, a word while it takes
   long, the first wrong field in focus, and for [data-quiet] an answer that is taken up without leaving the page. */

import { morph } from "./morph.js";

const page = document.documentElement;

function settle(form) {
  delete form.dataset.sent;
  delete page.dataset.busy;
  document.querySelector("[data-busy-word]")?.replaceChildren();
}

function sayBusy(form) {
  form.dataset.sent = "";
  page.dataset.busy = "";
  const place = document.querySelector("[data-busy-word]");
  if (place) place.textContent = place.dataset.busyWord;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  // [data-download]: a file comes, and this page stays.
  if (event.defaultPrevented || form.method !== "post" || "download" in form.dataset) return;
  if ("sent" in form.dataset) {
    event.preventDefault();
    return;
  }
  sayBusy(form);
  if ("quiet" in form.dataset) {
    event.preventDefault();
    sendQuietly(form, event.submitter);
  }
});

/** Sends a form in the background and takes the <main> of the answering page for this page's. No files. */
async function sendQuietly(form, submitter) {
  const live = await import("./live.js");
  try {
    const body = new URLSearchParams(new FormData(form, submitter));
    const response = await fetch(form.getAttribute("action"), { method: "POST", body });
    const answer = new DOMParser().parseFromString(await response.text(), "text/html");
    const main = answer.querySelector("main");
    if (!main || (response.redirected && new URL(response.url).pathname !== location.pathname)) {
      location.assign(response.url);
      return;
    }
    if (response.ok) form.reset();
    form.closest("details")?.removeAttribute("open");
    morph(document.querySelector("main"), main);
    live.forgetSeen();
    await live.refresh();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // fetch's word for "not reached"
    live.showConnection(false);
  } finally {
    settle(form);
  }
}

// Back through history: the page must take a send again.
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(settle));

document.querySelector(".field--wrong :is(input, select, textarea)")?.focus();
