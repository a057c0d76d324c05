// Said in words on the formgrader's page of a submission: what was not saved or not loaded, marks out of range, and
// marks whose answer has changed. nbgrader's own script is silent about the first and only flashes at the second.
window.addEventListener("DOMContentLoaded", function () {
  "use strict";
  const unsaved = new Set(); // addresses of marks and comments that the server has not taken
  const bar = document.createElement("div");
  bar.id = "trouble";
  bar.setAttribute("role", "alert");
  bar.hidden = true;
  document.body.prepend(bar);

  function say(sentence) {
    bar.textContent = sentence;
    bar.hidden = !sentence;
  }

  function why(status) {
    if (status === 0) return "the formgrader does not answer. Start it again (make formgrader), and open this page from there";
    if (status === 401 || status === 403) return "the formgrader was started again. Open this page from the address it printed";
    return "the gradebook cannot be written now; perhaps another program has locked it. Type it again in a moment";
  }

  jQuery(document).ajaxError(function (event, answer, request) {
    if (!/\/api\//.test(request.url)) return;
    if (request.type === "GET") {
      say("The marks could not be loaded, so do not mark on this page: " + why(answer.status) + ".");
      return;
    }
    unsaved.add(request.url);
    say("NOT SAVED: " + why(answer.status) + ". What you typed is still on this page; copy it before you leave.");
  });
  jQuery(document).ajaxSuccess(function (event, answer, request) {
    if (unsaved.delete(request.url) && !unsaved.size) say("");
    if (request.type === "GET" && /\/api\/grades\b/.test(request.url)) answer.responseJSON.forEach(compare);
  });

  // A mark whose answer or automatic score is another one now: the way to where both are seen.
  function compare(grade) {
    const field = document.getElementById(grade.name);
    if (!field || !grade.needs_manual_grade || grade.manual_score === null) return;
    const link = document.createElement("a");
    link.className = "changed";
    link.href = base_url + "/marking/" + assignment_id + "/" + grade.name + "?changed=1#" + grade.id;
    link.textContent = "changed since it was marked: compare";
    field.closest(".panel-heading").querySelector(".nbgrader-label").after(link);
  }
  window.addEventListener("beforeunload", function (event) {
    if (unsaved.size) event.preventDefault();
  });

  // Before nbgrader's own listener, which puts the nearest value that is allowed into the field. A comma is a point:
  // "0,5" is half a point whatever the browser's language.
  document.addEventListener("change", function (event) {
    const field = event.target;
    if (!field.matches || !field.matches(".score, .extra-credit")) return;
    const most = field.matches(".score") ? parseFloat(field.parentElement.textContent.replace("/", "")) : Infinity;
    const typed = field.value.trim().replace(",", ".");
    if (typed && !/^[+-]?(\d+\.?\d*|\.\d+)$/.test(typed)) {
      event.stopImmediatePropagation();
      say(field.id + ": NOT SAVED, " + field.value + " is no number of points.");
      return;
    }
    field.value = typed;
    if (typed > most) say(field.id + ": " + typed + " is more than the " + most + " points there are; " + most + " was entered.");
    else if (typed < 0) say(field.id + ": " + typed + " is less than nothing; 0 was entered.");
    else if (!unsaved.size) say("");
  }, true);
});
