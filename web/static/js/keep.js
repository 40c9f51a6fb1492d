/* Changing the language or the size of the text in the middle of a form keeps what has been written: the form [data-keep] is
   sent with the choice, and its page comes back with it. Without this the link opens the page with what was sent before. */

const form = document.querySelector("form[data-keep]");

document.querySelector("header")?.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || !form) return;
  event.preventDefault();
  for (const [name, value] of new URL(link.href).searchParams) {
    const choice = document.createElement("input");
    Object.assign(choice, { type: "hidden", name, value });
    form.append(choice);
  }
  form.requestSubmit();
});
