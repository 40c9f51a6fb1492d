/* What is shown for a number of seconds only (data-fresh-for) goes when they are over: the live regions are fetched then. */

import { refresh } from "./live.js";

const A_LITTLE_MS = 300;
let timer = 0;

function plan() {
  clearTimeout(timer);
  const seconds = [...document.querySelectorAll("[data-fresh-for]")].map((element) => Number(element.dataset.freshFor));
  if (seconds.length) timer = setTimeout(refresh, Math.min(...seconds) * 1000 + A_LITTLE_MS);
}

for (const region of document.querySelectorAll("[data-live]")) {
  new MutationObserver(plan).observe(region, { attributeFilter: ["data-fresh-for"], childList: true, subtree: true });
}
plan();
