/* Draws the board from the JSON API, whenever live.js brings a new answer of /api/v1/board. The pieces are those of the
   first look: <template>s that the server wrote (templates/board/pieces.html). */

import { showAs } from "./live.js";
import { morph } from "./morph.js";

const piece = (name) => document.getElementById(`board-${name}`).content.cloneNode(true);

/* The key of the call that grew when it came. An older call that takes its place again does not grow. */
let announced = null;

const newestOf = ({ now, recent }) => [now?.at ?? "", recent[0]?.at ?? ""].sort()[1];
const keyOf = (call) => (call ? `${call.number}-${call.at}` : "nobody");

/** Writes a call into a piece: its number, its desk in each language, the word for its state. */
function fill(node, call) {
  node.querySelector("[data-number]").textContent = call.number;
  node.querySelector("[data-where]").hidden = call.place === null;
  for (const place of node.querySelectorAll("[data-place]")) place.textContent = call.place?.name[place.dataset.place] ?? "";
  for (const word of node.querySelectorAll("[data-state]")) word.hidden = word.dataset.state !== call.state;
  return node;
}

/** A wide letter or a desk with a long name needs room beside the number; pieces.html has the same rule. */
function isTight({ number, place }) {
  return "MW".includes(number[0]) || place?.name[document.documentElement.lang].length > 16;
}

function nowOf(call) {
  if (!call) return piece("nobody");
  const node = fill(piece("now"), call);
  node.firstElementChild.dataset.key = keyOf(call);
  node.firstElementChild.classList.toggle("board-now--tight", isTight(call));
  node.firstElementChild.classList.toggle("board-now--new", announced === keyOf(call));
  return node;
}

function earlierOf(call) {
  const node = fill(piece("earlier"), call);
  node.firstElementChild.dataset.key = call.number;
  node.firstElementChild.classList.toggle("board-last__call--current", call.state !== "past");
  return node;
}

function all(nodes) {
  const fragment = document.createDocumentFragment();
  fragment.append(...nodes);
  return fragment;
}

function draw(region, text) {
  const board = JSON.parse(text);
  if (board.now && board.now.at > region.dataset.newest) announced = keyOf(board.now);
  region.dataset.newest = newestOf(board);
  morph(region.querySelector("[data-now]"), nowOf(board.now));
  morph(region.querySelector("[data-recent]"), all(board.recent.map(earlierOf)));
  region.querySelector("[data-none]").hidden = board.recent.length > 0;
  document.querySelector("[data-mute]").hidden = board.voice;
  for (const count of region.querySelectorAll("[data-waiting]")) {
    const words = count.dataset.waiting.replace("{n}", board.waiting);
    if (count.textContent !== words) count.textContent = words;
  }
}

showAs("board", draw);
