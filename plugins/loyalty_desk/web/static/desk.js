// What the pages do more with JavaScript; without it everything still works.
"use strict";

document.documentElement.classList.add("scripted");

// The part of a page that renews itself, such as the progress of a sync.
for (const live of document.querySelectorAll("[data-renew]")) {
  let last = live.innerHTML;
  const renew = async () => {
    if (document.hidden) return;
    const signal = AbortSignal.timeout(60000);
    const answer = await fetch(live.dataset.renew, { credentials: "same-origin", signal });
    if (!answer.ok || answer.redirected) return;
    const text = await answer.text();
    if (text === last) return;
    const open = [...live.querySelectorAll("details[open][id]")].map((one) => one.id);
    live.innerHTML = last = text;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  };
  // One request at a time: a slow answer must not have more of them pile up behind it.
  let busy = false, asked = false;
  const quietly = async () => {
    if (busy) return;
    busy = true;
    do {
      asked = false;
      await renew().catch(() => undefined);
    } while (asked);
    busy = false;
  };
  live.addEventListener("renew", () => {
    asked = true; // the answer on its way may be of before
    quietly();
  });
  setInterval(quietly, Number(live.dataset.every));
}

// What Airflow is asked to do by its own API, with the log-in of whoever presses: so Airflow itself
// judges who may, and writes it into its audit log.
const REFUSED = {
  0: "Airflow did not answer. Try again.",
  401: "Log in to Airflow again, then try again.",
  403: "Airflow does not let you do this. Ask whoever may.",
  404: "Airflow does not know this DAG.",
};
const ask = async ([method, path, body]) => {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  try {
    const options = { method, headers, body: JSON.stringify(body), credentials: "same-origin" };
    const answer = await fetch(path, options);
    return answer.ok ? null : answer.status;
  } catch {
    return 0;
  }
};
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-calls]");
  if (!button || button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  const refused = [];
  for (const call of JSON.parse(button.dataset.calls)) {
    const status = await ask(call);
    if (status !== null) refused.push(status);
  }
  const said = document.getElementById("called");
  said.classList.toggle("bad", refused.length > 0);
  said.textContent = refused.length
    ? REFUSED[refused[0]] ?? `Airflow refused it (${refused[0]}).`
    : button.dataset.done;
  said.hidden = false;
  const live = button.closest("[data-renew]");
  if (live) live.dispatchEvent(new Event("renew"));
  else if (!refused.length) setTimeout(() => location.reload(), 1500);
  setTimeout(() => button.removeAttribute("aria-disabled"), 5000);
});

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
