// What GitHub does to a comment's HTML after its sanitizer. Ends with <html data-drawn>.
"use strict";

const comment = document.querySelector(".markdown-body");
const LITERAL = "a, code, pre, tt";
const PERMALINK = /^https:\/\/[^/]+\/([^/]+\/[^/]+)\/blob\/([0-9a-f]{40})\/([^#]+)#L(\d+)(?:-L(\d+))?$/;
const MENTION = [
  /(?<![\w/])@[A-Za-z0-9][\w-]*(?:\/[\w-]+)?/, // a person or a team
  /(?<![\w&])#\d+\b|\b[Gg][Hh]-\d+\b/, // an issue
  /\b[0-9a-f]{7,40}\b/, // a commit
].map((part) => part.source).join("|");

/** `> [!CAUTION]` and its four siblings; not inside of another block. */
function drawAlerts() {
  for (const quote of comment.querySelectorAll(":scope > blockquote")) {
    const first = quote.querySelector(":scope > p:first-child");
    const words = first?.firstChild?.data ?? "";
    const kind = /^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*$/.exec(words)?.[1];
    if (!kind) continue;
    first.firstChild.remove();
    if (first.firstChild?.nodeName === "BR") first.firstChild.remove();
    const title = document.createElement("p");
    title.className = "markdown-alert-title";
    title.textContent = kind[0] + kind.slice(1).toLowerCase();
    const alert = document.createElement("div");
    alert.className = `markdown-alert markdown-alert-${kind.toLowerCase()}`;
    alert.append(title, ...quote.childNodes);
    quote.replaceWith(alert);
  }
}

/** A permanent link to lines, alone in its paragraph, becomes a card with those lines. */
function drawCards() {
  for (const link of comment.querySelectorAll("p > a:only-child")) {
    const paragraph = link.parentNode;
    const found = PERMALINK.exec(link.href);
    if (!found || paragraph.textContent.trim() !== link.href) continue;
    const [, repository, commit, path, from, to] = found;
    const lines = to ? `Lines ${from} to ${to}` : `Line ${from}`;
    const card = document.createElement("div");
    card.className = "card";
    const place = document.createElement("p");
    const code = document.createElement("p");
    paragraph.replaceWith(card);
    card.append(place, code);
    link.textContent = `${repository}/${decodeURIComponent(path)}`;
    place.append(link, document.createElement("br"), `${lines} in ${commit.slice(0, 7)}`);
    code.textContent = "(GitHub shows these lines here)";
  }
}

/** People, issues and commits in the text: what must never happen to foreign text. */
function drawMentions() {
  const walker = document.createTreeWalker(comment, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts.filter((node) => !node.parentElement.closest(LITERAL))) {
    const pieces = document.createDocumentFragment();
    let end = 0;
    for (const match of text.data.matchAll(new RegExp(MENTION, "g"))) {
      const link = document.createElement("a");
      link.className = "mention";
      link.href = `https://github.com/mentioned/${encodeURIComponent(match[0])}`;
      link.textContent = match[0];
      pieces.append(text.data.slice(end, match.index), link);
      end = match.index + match[0].length;
    }
    if (!end) continue;
    pieces.append(text.data.slice(end));
    text.replaceWith(pieces);
  }
}

/** Each fence of mermaid becomes a drawing, in the theme of the reader's colours. */
async function drawDiagrams() {
  const fences = [...comment.querySelectorAll('pre[lang="mermaid"]')];
  if (!fences.length) return;
  for (const fence of fences) {
    fence.textContent = fence.textContent;
    fence.className = "mermaid";
  }
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "default",
    fontFamily: getComputedStyle(document.body).fontFamily,
  });
  await mermaid.run({ nodes: fences });
}

/** `- [ ]`, of which cmark-gfm has made a box already. */
function drawTasks() {
  for (const box of comment.querySelectorAll('li > input[type="checkbox"]')) {
    box.parentNode.className = "task-list-item";
  }
}

/** Waits for every font that the text needs before a diagram is measured. */
async function draw() {
  drawTasks();
  drawAlerts();
  drawMentions();
  drawCards(); // with text of its own
  await document.fonts.ready;
  await drawDiagrams();
}

draw()
  .catch((error) => console.error("not drawn:", error))
  .finally(() => document.fonts.ready)
  .finally(() => { document.documentElement.dataset.drawn = "yes"; });
