/* The on-screen keyboard of the kiosk (body[data-keyboard]): it appears under the field that has the focus and never takes the
   focus itself. Its words come from the data attributes of [data-keyboard-panel], its keys from layouts.js. */

import { LAYERS, OTHER_LAYER, layerFor } from "./layouts.js";

const SPRITE = new URL("../icons.svg", import.meta.url).pathname;
const WRITABLE = "textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=file], [type=submit], [type=button])";
const SHIFT = { off: "once", once: "lock", lock: "off" };

const panel = document.querySelector("[data-keyboard-panel]");
let field = null;
let layer = "letters";
let shift = "off";
let pointerDown = false;
let afterPointer = null;

/* --- drawing --- */

function symbol(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${SPRITE}#${name}`);
  svg.append(use);
  return svg;
}

const FACES = {
  "<shift>": { style: "wide", icon: "shift" },
  "<backspace>": { style: "wide", icon: "backspace" },
  "<space>": { style: "space" },
  "<numbers>": { style: "wide", text: "123" },
  "<letters>": { style: "wide", text: "ABC" },
  "<done>": { style: "done" },
};

function makeKey(name) {
  const key = document.createElement("button");
  const face = FACES[name] ?? (name.length > 1 ? { style: "word" } : {});
  key.type = "button";
  key.tabIndex = -1; // who has a tab key has a keyboard
  key.dataset.key = name;
  key.className = `keyboard__key${face.style ? ` keyboard__key--${face.style}` : ""}`;
  const word = name in FACES ? panel.dataset[name.slice(1, -1)] : capital(name);
  key.append(face.icon ? symbol(face.icon) : face.text ?? word);
  if (face.icon || face.text) key.setAttribute("aria-label", word);
  if (name === "<shift>") key.setAttribute("aria-pressed", String(shift !== "off"));
  return key;
}

const capital = (name) => (shift !== "off" && name.length === 1 ? name.toUpperCase() : name);

function draw() {
  panel.replaceChildren(
    ...LAYERS[layer].map((names) => {
      const row = document.createElement("div");
      row.className = "keyboard__row";
      row.append(...names.map(makeKey));
      return row;
    }),
  );
  panel.classList.toggle("keyboard--numeric", layer === "numeric");
}

/* A key pressed twice must stay the same element, so a change of case only writes on the keys. */
function drawCase() {
  for (const key of panel.querySelectorAll("[data-key]")) {
    const name = key.dataset.key;
    if (name === "<shift>") key.setAttribute("aria-pressed", String(shift !== "off"));
    else if (name.length === 1) key.textContent = capital(name);
  }
}

/* --- writing --- */

/* The editing command is the one way that also works in e-mail fields (they have no selection to set), keeps the caret and
   maxlength, and fires the same input events as a real keyboard. */
function write(text) {
  document.execCommand("insertText", false, text);
}

const ACTIONS = {
  "<backspace>": () => document.execCommand("delete"),
  "<space>": () => write(" "),
  "<done>": () => field.blur(),
  "<numbers>": changeLayer,
  "<letters>": changeLayer,
  "<shift>": () => setShift(SHIFT[shift]),
};

function changeLayer() {
  layer = OTHER_LAYER[layer];
  draw();
}

function setShift(state) {
  if (state === shift) return;
  shift = state;
  drawCase();
}

function press(name) {
  if (!field) return;
  const act = ACTIONS[name];
  if (act) act();
  else write(capital(name));
  if (field && name !== "<shift>" && shift !== "lock") setShift(startsWord() ? "once" : "off");
}

/** Whether the next letter is a capital by the field's own wish (autocapitalize). */
function startsWord() {
  const wish = field.autocapitalize;
  if (wish !== "words" && wish !== "sentences") return false;
  const before = field.value.slice(0, field.selectionStart ?? field.value.length);
  return wish === "words" ? /(^|\s)$/.test(before) : /(^|[.!?]\s+)$/.test(before);
}

/* --- coming and going --- */

/* The page shifts when the keyboard comes or goes; under a finger that would make it hit something else. */
function whenPointerRests(action) {
  if (pointerDown) afterPointer = action;
  else action();
}

function open(next) {
  const fresh = field !== next || panel.hidden;
  field = next;
  if (!fresh) return;
  layer = layerFor(next);
  shift = startsWord() ? "once" : "off";
  draw();
  panel.hidden = false;
  next.scrollIntoView({ block: "center" });
}

function close() {
  field = null;
  panel.hidden = true;
}

function follow() {
  const active = document.activeElement;
  if (active?.matches(WRITABLE) && !active.readOnly && !active.disabled) open(active);
  else close();
}

function pointerUp() {
  pointerDown = false;
  const action = afterPointer;
  afterPointer = null;
  if (action) setTimeout(action); // after the click that this touch still becomes
}

function start() {
  // The press must not move the focus; pointerdown for touch, mousedown for a mouse.
  for (const kind of ["pointerdown", "mousedown"]) panel.addEventListener(kind, (event) => event.preventDefault());
  panel.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]");
    if (key) press(key.dataset.key);
  });
  document.addEventListener("pointerdown", () => (pointerDown = true), true);
  for (const kind of ["pointerup", "pointercancel"]) document.addEventListener(kind, pointerUp, true);
  for (const kind of ["focusin", "focusout"]) {
    // On the way from field to field nothing has the focus for a moment: look when it has arrived.
    document.addEventListener(kind, () => setTimeout(() => whenPointerRests(follow)));
  }
  follow();
}

if (panel && "keyboard" in document.body.dataset) start();
