/* The station's live picture, and its row of pages that grows. The picture is drawn into a canvas, so that what the server says of
   the rest of the page does not touch it; the row follows its newest page unless somebody has scrolled away from it. */

const EVERY_MS = 250;
const AGAIN_MS = 1500;
const NEAR_PX = 200;

let rows = 0;

async function show() {
  const canvas = document.querySelector("[data-live-picture]");
  let wait = EVERY_MS;
  if (canvas && !document.hidden) wait = (await draw(canvas)) ? EVERY_MS : AGAIN_MS;
  setTimeout(show, wait);
}

async function draw(canvas) {
  try {
    const answer = await fetch(canvas.dataset.livePicture, { cache: "no-store", headers: { "X-Live": "1" } });
    if (answer.status !== 200) return blank(canvas);
    const picture = await createImageBitmap(await answer.blob());
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return true;
  } catch {
    return blank(canvas); // no network, or half a picture: the next one comes soon
  }
}

function blank(canvas) {
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  return false;
}

function follow() {
  const row = document.querySelector("[data-grows]");
  if (!row) {
    rows = 0;
    return;
  }
  const grown = row.children.length > rows;
  rows = row.children.length;
  const atEnd = row.scrollWidth - row.clientWidth - row.scrollLeft < row.clientWidth / 2 + NEAR_PX;
  if (grown && atEnd) row.scrollLeft = row.scrollWidth;
}

new MutationObserver(follow).observe(document.querySelector("main"), { childList: true, subtree: true });
follow();
show();
