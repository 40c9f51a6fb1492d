/* Searches as one types: form[data-search="URL"] fetches URL with its fields and shows the answer in [data-results].
   The newest question wins; without this file the form is sent as usual. */

const WAIT_MS = 120;

const form = document.querySelector("form[data-search]");
const results = document.querySelector("[data-results]");
let timer = 0;
let asking = null;

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const fields = new URLSearchParams(new FormData(form));
  try {
    const answer = await fetch(`${form.dataset.search}?${fields}`, { signal: asking.signal, cache: "no-store" });
    if (!answer.ok) return;
    results.innerHTML = await answer.text();
    history.replaceState(null, "", `${form.action.split("?")[0]}?${fields}`);
  } catch {
    // a newer question, or a server that starts anew: what is shown stays
  }
}

if (form && results) {
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    ask();
  });
  // Typed before this file came, or filled in by the browser on the way back.
  const words = form.elements.namedItem("q");
  if (words.value !== words.defaultValue) ask();
}
