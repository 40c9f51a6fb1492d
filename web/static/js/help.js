/* Calling an officer leaves the page as it is: what a visitor has written stays. Without this the form is sent and leads back
   to the same page. The word that an officer has been told stands for a while, then the button is there again. */

const SAID_MS = 20000;

const place = document.querySelector(".kiosk-bar__help");
const form = place?.querySelector("form");
const word = place?.querySelector("[role=status]");

function say() {
  word.replaceChildren(place.querySelector("[data-help-called]").content.cloneNode(true));
  setTimeout(() => word.replaceChildren(), SAID_MS);
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const answer = await fetch(form.action, { method: "POST", redirect: "manual" });
    // Led back here means done; "too many" means that they have been told often enough.
    if (answer.type === "opaqueredirect" || answer.status === 429) say();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // fetch's word for "not reached": the button stays, to be pressed again
  }
});
if (word?.textContent.trim()) say();
