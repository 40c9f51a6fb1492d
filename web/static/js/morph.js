/* Turns what stands on the page into what the server says now, touching only what differs: the focus, what has been
   typed, scroll positions, open <details> and running animations stay. Elements are matched by their id or data-key,
   the others by their order. */

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.key || "" : "");

const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

/** Makes the children of `target` like those of `fresh` (an element or a fragment; it is not changed). */
export function morph(target, fresh) {
  const focused = document.activeElement;
  morphChildren(target, fresh);
  if (focused === document.activeElement) return;
  // The focused element was moved, or is gone with its row: the keyboard stays in its neighbourhood.
  if (focused.isConnected) {
    focused.focus({ preventScroll: true });
  } else if (target.isConnected) {
    if (!target.hasAttribute("tabindex")) target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }
}

function morphChildren(target, fresh) {
  const wanted = [...fresh.childNodes];
  const wantedKeys = new Set(wanted.map(keyOf).filter(Boolean));
  const keyed = new Map([...target.children].filter(keyOf).map((child) => [keyOf(child), child]));
  let cursor = target.firstChild;
  for (const node of wanted) {
    while (cursor && keyOf(cursor) && !wantedKeys.has(keyOf(cursor))) cursor = removeAndNext(cursor);
    const match = findMatch(node, cursor, keyed);
    if (match) {
      if (match === cursor) cursor = cursor.nextSibling;
      else moveBefore(target, match, cursor);
      morphNode(match, node);
    } else {
      target.insertBefore(document.importNode(node, true), cursor);
    }
  }
  while (cursor) cursor = removeAndNext(cursor);
}

function findMatch(node, cursor, keyed) {
  const key = keyOf(node);
  const candidate = key ? keyed.get(key) : cursor;
  return candidate && alike(candidate, node) ? candidate : null;
}

function removeAndNext(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

function moveBefore(parent, node, before) {
  // Newer browsers move a node without taking it out of the page, which would end its scrolling and animations.
  if (parent.moveBefore) parent.moveBefore(node, before);
  else parent.insertBefore(node, before);
}

function morphNode(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  morphAttributes(old, fresh);
  morphChildren(old, fresh);
}

function morphAttributes(old, fresh) {
  const ownState = (name) => name === "open" && (old.nodeName === "DETAILS" || old.nodeName === "DIALOG");
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !ownState(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !ownState(name)) old.setAttribute(name, value);
  }
}
