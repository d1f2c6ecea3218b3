// What the pages do more with JavaScript; without it everything still works.
"use strict";

// The part of a page that renews itself, such as the progress of a sync.
for (const live of document.querySelectorAll("[data-renew]")) {
  const renew = async () => {
    if (document.hidden) return;
    const answer = await fetch(live.dataset.renew, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    const text = await answer.text();
    if (text !== live.innerHTML) live.innerHTML = text;
  };
  setInterval(() => renew().catch(() => undefined), Number(live.dataset.every));
}

// One box that ticks all the others of its form.
for (const all of document.querySelectorAll("[data-all]")) {
  all.closest("label").hidden = false;
  const boxes = () => document.querySelectorAll(`input[name="${all.dataset.all}"]`);
  all.addEventListener("change", () => boxes().forEach((box) => (box.checked = all.checked)));
}

// A second press of a button must not send the form twice.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 5000);
  });
}
