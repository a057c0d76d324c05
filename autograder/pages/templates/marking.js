// Marking by problem: rubric lines, points and comments of every card, by mouse and by keyboard. `api` is where to write.
"use strict";
const cards = [...document.querySelectorAll(".card")];
const bank = document.getElementById("bank");
const trouble = document.getElementById("trouble");
const unsaved = new Set(); // what the server has not taken
let active = null;

function activate(card, scroll = true) {
  if (!card) return;
  if (active) active.classList.remove("active");
  active = card;
  card.classList.add("active");
  if (scroll) card.scrollIntoView({block: "start"});
  card.focus({preventScroll: true});
}

function step(by) {
  activate(cards[Math.min(Math.max(cards.indexOf(active) + by, 0), cards.length - 1)]);
}

function nextOpen() {
  const from = cards.indexOf(active) + 1;
  const ordered = [...cards.slice(from), ...cards.slice(0, from)];
  activate(ordered.find(card => card.dataset.open === "1"));
  progress();
}

function progress() {
  const open = cards.filter(card => card.dataset.open === "1").length;
  const done = cards.length - open;
  document.getElementById("progress").textContent = open ? done + " of " + cards.length + " done" : "all " + done + " done";
}

function why(status) {
  if (status === 0) return "the formgrader does not answer. Start it again (make formgrader)";
  if (status === 401 || status === 403) return "the formgrader was started again. Open this page from the address it printed";
  return "the gradebook cannot be written now; perhaps another program has locked it. Type it again in a moment";
}

async function put(card, route, body) {
  const status = card.querySelector(".status");
  const token = (document.cookie.match(/(?:^|; )_xsrf=([^;]*)/) || ["", ""])[1];
  let code = 0, told = {};
  try {
    const answer = await fetch(api + route, {
      method: "PUT", body: JSON.stringify(body),
      headers: {"Content-Type": "application/json", "X-XSRFToken": decodeURIComponent(token)},
    });
    code = answer.status;
    told = await answer.json().catch(() => ({}));
  } catch (error) { /* the server is not there: code stays 0 */ }
  const taken = code === 200;
  if (taken) unsaved.delete(route); else unsaved.add(route);
  status.textContent = taken ? "saved" : "NOT SAVED" + (code === 400 ? ": " + told.message : "");
  status.className = "status " + (taken ? "saved" : "unsaved");
  trouble.hidden = !unsaved.size;
  if (!taken) trouble.textContent = "NOT SAVED: " + (code === 400 ? told.message : why(code)) + ".";
  return taken ? told : null;
}

async function save(card, points, lines) {
  const field = card.querySelector(".points");
  field.value = points;
  const body = {manual_score: points};
  if (lines) body.lines = lines;
  const told = await put(card, "grade/" + card.id, body);
  if (!told) return;
  field.value = told.manual_score === null ? "" : told.manual_score;
  card.dataset.open = told.needs_manual_grade ? "1" : "0";
  progress();
}

function given(card) {
  return [...card.querySelectorAll('.line[aria-pressed="true"]')];
}

function press(card, line) {
  if (!line) return;
  line.setAttribute("aria-pressed", line.getAttribute("aria-pressed") !== "true");
  const lines = given(card);
  // In hundredths of a hundredth, so that a sum of tenths has no crumbs.
  const sum = lines.reduce((total, one) => total + Math.round(10000 * one.dataset.points), 0) / 10000;
  save(card, String(Math.min(sum, Number(card.dataset.max))), lines.map(one => Number(one.dataset.line)));
}

function pressAll(card, on) {
  card.querySelectorAll(".line").forEach(line => line.setAttribute("aria-pressed", on));
  save(card, on ? card.dataset.max : "0", given(card).map(one => Number(one.dataset.line)));
}

async function comment(card) {
  const field = card.querySelector("textarea");
  const told = await put(card, "comment/" + card.dataset.comment, {manual_comment: field.value});
  if (!told) return;
  card.querySelector(".preview").innerHTML = told.html; // rendered and cleaned by the server
  const said = [...bank.querySelectorAll(".said")].map(one => one.textContent);
  if (field.value.trim() && !said.includes(field.value.trim())) {
    const item = document.createElement("li");
    item.innerHTML = '<button type="button" class="said"></button>';
    item.firstChild.textContent = field.value.trim();
    bank.querySelector("ol").append(item);
  }
}

function openBank() {
  if (!active || !active.querySelector("textarea")) return;
  const search = bank.querySelector("input");
  search.value = "";
  find("");
  bank.showModal();
  search.focus();
}

function find(typed) {
  bank.querySelectorAll("li").forEach(item => {
    item.hidden = !item.textContent.toLowerCase().includes(typed.toLowerCase());
  });
}

function say(text) {
  bank.close();
  const field = active.querySelector("textarea");
  field.value = [field.value.trim(), text].filter(Boolean).join("\n\n");
  comment(active);
  field.focus();
}

document.addEventListener("click", event => {
  const card = event.target.closest(".card");
  if (card) activate(card, false);
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches(".line")) press(card, button);
  else if (button.matches(".full")) pressAll(card, true);
  else if (button.matches(".none")) pressAll(card, false);
  else if (button.matches(".keep")) save(card, card.querySelector(".points").value);
  else if (button.matches(".said")) say(button.textContent);
  else if (button.id === "next") nextOpen();
  else if (button.id === "help") document.getElementById("keys").showModal();
});

document.addEventListener("change", event => {
  const card = event.target.closest(".card");
  if (event.target.matches(".points")) save(card, event.target.value);
  else if (event.target.matches("textarea")) comment(card);
});

document.addEventListener("focusin", event => {
  const card = event.target.closest(".card");
  if (card && card !== active && event.target !== card) {
    if (active) active.classList.remove("active");
    active = card;
    card.classList.add("active");
  }
});

bank.querySelector("input").addEventListener("input", event => find(event.target.value));
bank.querySelector("input").addEventListener("keydown", event => {
  const first = bank.querySelector("li:not([hidden]) .said");
  if (event.key !== "Enter") return;
  event.preventDefault();
  event.stopPropagation(); // it is no Enter of a field of points
  if (first) say(first.textContent);
});

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = event.target.matches("input, textarea");
  if (typing) {
    if (event.key === "Escape") { event.target.blur(); activate(active, false); }
    else if (event.key === "Enter" && event.target.matches("input")) { event.target.blur(); nextOpen(); }
    return;
  }
  const done = act(event.key);
  if (done) event.preventDefault();
});

function act(key) {
  if (key === "ArrowDown" || key === "j") step(1);
  else if (key === "ArrowUp" || key === "i") step(-1);
  else if (key === "n") nextOpen();
  else if (key === "?") document.getElementById("keys").showModal();
  else if (key === "a") document.getElementById("names").click();
  else if (!active) return false;
  else if (key === "0") pressAll(active, false);
  else if (key === "f") pressAll(active, true);
  else if (/^[1-9]$/.test(key)) press(active, active.querySelectorAll(".line")[key - 1]);
  else if (key === "p") active.querySelector(".points").select();
  else if (key === "c" && active.querySelector("textarea")) active.querySelector("textarea").focus();
  else if (key === "b") openBank();
  else if (key === "k" && active.querySelector(".keep")) active.querySelector(".keep").click();
  else return false;
  return true;
}

window.addEventListener("beforeunload", event => { if (unsaved.size) event.preventDefault(); });
progress();
activate(document.getElementById(location.hash.slice(1)) || cards.find(card => card.dataset.open === "1") || cards[0], Boolean(location.hash));
