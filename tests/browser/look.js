// Measures a drawn comment; the value of this expression is the JSON form of `Look`.
(() => {
  const MARK = /^\p{Extended_Pictographic}\uFE0F?$/u;
  const SLACK = 1; // pixels: layout is fractional
  const comment = document.querySelector(".markdown-body");
  const lines = comment.innerText.split("\n").map((line) => line.trim()).filter(Boolean);
  const folds = [...comment.querySelectorAll("details:not([open])")];
  for (const fold of folds) fold.open = true;

  const textsOf = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) if (walker.currentNode.data.trim()) found.push(walker.currentNode);
    return found.filter((text) => !text.parentElement.closest("style, script"));
  };
  const boxOf = (text) => {
    const range = document.createRange();
    range.selectNodeContents(text);
    return range.getBoundingClientRect();
  };
  const inside = (box, frame) =>
    box.left >= frame.left - SLACK && box.right <= frame.right + SLACK &&
    box.top >= frame.top - SLACK && box.bottom <= frame.bottom + SLACK;
  const isClipped = (text) => {
    for (let frame = text.parentElement; frame !== document.body; frame = frame.parentElement) {
      const how = getComputedStyle(frame).overflowX;
      if (how === "auto" || how === "scroll") return false; // a finger reaches it
      if (how !== "visible" && !inside(boxOf(text), frame.getBoundingClientRect())) return true;
    }
    return false;
  };
  const isHidden = (cell) => !inside(boxOf(cell), cell.closest("table").getBoundingClientRect());

  const marks = [...comment.querySelectorAll("td")].filter((cell) => MARK.test(cell.textContent.trim()));
  const diagrams = [...comment.querySelectorAll("pre.mermaid")].map((fence) => {
    const drawing = fence.querySelector("svg");
    const labels = [...fence.querySelectorAll(".node .nodeLabel")];
    const scale = drawing ? drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width : 0;
    return {
      labels: labels.map((label) => label.textContent),
      overhanging: labels
        .filter((label) => !inside(label.getBoundingClientRect(), label.closest(".node").querySelector("rect, path, polygon").getBoundingClientRect()))
        .map((label) => label.textContent),
      smallest_font_px: Math.min(...labels.map((label) => parseFloat(getComputedStyle(label).fontSize) * scale)),
    };
  });
  const look = {
    lines,
    sideways_px: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    marks: marks.map((cell) => cell.textContent.trim()),
    hidden_marks: marks.filter(isHidden).map((cell) => `${cell.textContent.trim()} ${cell.parentElement.innerText}`),
    scrolled_tables: [...comment.querySelectorAll(":scope > table")]
      .filter((table) => table.scrollWidth > table.clientWidth + SLACK)
      .map((table) => table.rows[0].innerText),
    clipped: textsOf(comment).filter(isClipped).map((text) => text.data),
    diagrams,
    mentions: [...comment.querySelectorAll(".mention")].map((link) => link.textContent),
    links: [...comment.querySelectorAll("a[href]")].map((link) => link.href),
    images: comment.querySelectorAll("img, svg image").length,
  };
  for (const fold of folds) fold.open = false;
  return look;
})()
