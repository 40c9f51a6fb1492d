/* The keys of the on-screen keyboard, as data. A key is a character, or the name of a function in angle brackets. */

const letters = [
  ["q", "w", "e", "r", "t", "y", "u", "i", "o", "p"],
  ["a", "s", "d", "f", "g", "h", "j", "k", "l"],
  ["<shift>", "z", "x", "c", "v", "b", "n", "m", "<backspace>"],
];

const numbers = [
  ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"],
  ["-", "/", ":", "(", ")", "&", "@", "\"", "+"],
  ["'", ".", ",", "?", "!", "=", "%", "_", "<backspace>"],
];

/** What Indonesian visitors type most after their name in an address. */
const mail = ["@", ".", "_", "-", "@gmail.com", ".com", ".id"];

export const LAYERS = {
  letters: [...letters, ["<numbers>", ",", "<space>", ".", "-", "<done>"]],
  numbers: [...numbers, ["<letters>", ",", "<space>", ".", "-", "<done>"]],
  mail: [mail, ...letters, ["<numbers>", "<space>", "<done>"]],
  mailNumbers: [mail, ...numbers, ["<letters>", "<space>", "<done>"]],
  numeric: [
    ["1", "2", "3"],
    ["4", "5", "6"],
    ["7", "8", "9"],
    ["<backspace>", "0", "<done>"],
  ],
};

/** The first layer for a field. */
export function layerFor(field) {
  const mode = field.inputMode || field.type;
  if (["numeric", "decimal", "tel", "number"].includes(mode)) return "numeric";
  return mode === "email" ? "mail" : "letters";
}

/** The layer that <numbers> and <letters> lead to. */
export const OTHER_LAYER = { letters: "numbers", numbers: "letters", mail: "mailNumbers", mailNumbers: "mail" };
