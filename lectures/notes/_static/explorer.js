// Explorers: exchanges one precomputed frame for another when a slider moves. Knows no formula.
"use strict";
for (const figure of document.querySelectorAll("figure.explorer")) {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const inputs = [...figure.querySelectorAll("input")];
  const shown = inputs.map((input) => input.parentElement.querySelector("b"));
  const moving = figure.querySelectorAll("path.moving");
  const cells = figure.querySelectorAll("rect.cell");
  const texts = figure.querySelectorAll("output b");
  const show = () => {
    let frame = 0;
    inputs.forEach((input, i) => {
      frame = frame * data.sliders[i].length + Number(input.value);
      shown[i].textContent = data.sliders[i][input.value];
      input.setAttribute("aria-valuetext", shown[i].textContent);
    });
    moving.forEach((path, i) => path.setAttribute("d", data.paths[frame][i]));
    cells.forEach((cell, i) => cell.setAttribute("class", `cell kind${data.cells[frame][i]}`));
    texts.forEach((text, i) => (text.textContent = data.texts[frame][i]));
  };
  inputs.forEach((input) => input.addEventListener("input", show));
  cells.forEach((cell) =>
    cell.addEventListener("click", () => {
      cell.dataset.at.split(" ").forEach((place, i) => (inputs[i].value = place));
      show();
    }),
  );
  figure.querySelector(".controls").hidden = false;
  show(); // browsers keep a slider's place when a page is loaded again
}
