/* The desk by keyboard: data-hotkey="n" on a button or link makes the key N press it; " " is the space bar. Keys are left
   alone while someone writes, with Ctrl, Alt or Meta held, and when held down (a key held must not call ten visitors). */

const WRITING = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
const PRESSED_BY_SPACE = "button, summary, input, a, [role=button]";

function target(key) {
  const scope = document.querySelector("dialog[open]") ?? document;
  return [...scope.querySelectorAll("[data-hotkey]")].find(
    (element) => element.dataset.hotkey.toLowerCase() === key && !element.disabled && element.checkVisibility(),
  );
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  const key = event.key.toLowerCase();
  if (event.target.closest?.(WRITING) || (key === " " && event.target.closest?.(PRESSED_BY_SPACE))) return;
  const element = target(key);
  if (!element) return;
  event.preventDefault();
  element.click();
});

// The keys are written on the buttons only where they work.
document.documentElement.dataset.hotkeys = "";
