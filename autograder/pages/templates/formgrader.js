// Said in words on the formgrader's page of a submission: what was not saved or not loaded, and marks out of range.
// nbgrader's own script is silent about the first and only flashes at the second.
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
  });
  window.addEventListener("beforeunload", function (event) {
    if (unsaved.size) event.preventDefault();
  });

  // Before nbgrader's own listener, which puts the nearest value that is allowed into the field.
  document.addEventListener("change", function (event) {
    const field = event.target;
    if (!field.matches || !field.matches(".score, .extra-credit")) return;
    const most = field.matches(".score") ? parseFloat(field.parentElement.textContent.replace("/", "")) : Infinity;
    const typed = field.value;
    if (typed > most) say(field.id + ": " + typed + " is more than the " + most + " points there are; " + most + " was entered.");
    else if (typed < 0) say(field.id + ": " + typed + " is less than nothing; 0 was entered.");
    else if (!unsaved.size) say("");
  }, true);
});
