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

// One box that ticks all the others of its name.
document.addEventListener("change", ({ target }) => {
  if (!target.dataset.all) return;
  for (const box of document.getElementsByName(target.dataset.all)) box.checked = target.checked;
});

// A second press of a button must not send the form twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.getAttribute("method") !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 5000);
});

// Filters that apply by themselves and stand in the address. What they find is put in the place of
// what was found before, so that whoever goes through a list of choices by the keyboard stays there.
for (const form of document.querySelectorAll("form[data-applies]")) {
  let asking = new AbortController();
  const apply = async () => {
    asking.abort();
    asking = new AbortController();
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    const address = `${form.getAttribute("action")}?${query}`;
    try {
      const answer = await fetch(address, { credentials: "same-origin", signal: asking.signal });
      if (!answer.ok || answer.redirected) throw new Error("not shown");
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of form.dataset.applies.split(" "))
        document.getElementById(id).replaceChildren(...found.getElementById(id).childNodes);
      history.replaceState(null, "", address);
    } catch (error) {
      if (error.name !== "AbortError") form.submit(); // so that whoever must log in is asked to
    }
  };
  form.addEventListener("change", apply);
  // A search that is half typed finds nothing; one that is emptied finds all.
  form.addEventListener("input", ({ target }) => target.type === "search" && !target.value && apply());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
}

// Keys for a list of things to settle. The page that has them has a help, which switches them off too.
const help = document.getElementById("keys");
if (help) {
  const OFF = "loyalty-desk-keys-off";
  const isOn = document.getElementById("keys-on");
  isOn.checked = !localStorage.getItem(OFF);
  isOn.addEventListener("change", () =>
    isOn.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "yes"),
  );
  document.querySelector("[data-opens=keys]").addEventListener("click", () => help.showModal());

  const reach = (item) => {
    item.querySelector("[data-go]").focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
  };
  const current = () => document.activeElement.closest("[data-item]");
  const move = (step) => {
    const items = [...document.querySelectorAll("[data-item]")];
    const at = items.indexOf(current());
    const next = items[at < 0 ? 0 : at + step];
    if (next) reach(next);
  };
  const press = (key, within) => within?.querySelector(`[data-key=${key}]`)?.click();
  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    a: () => press("a", current()),
    u: () => press("u", document.querySelector(".said")),
    "?": () => help.showModal(),
  };
  const TYPED_IN = "input:not([type=checkbox], [type=radio]), select, textarea";
  document.addEventListener("keydown", (event) => {
    const isOther = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
    if (isOther || !isOn.checked || event.target.matches(TYPED_IN)) return;
    if (help.open) {
      if (event.key === "?") help.close();
    } else if (Object.hasOwn(KEYS, event.key) && (!event.repeat || "jk".includes(event.key))) {
      event.preventDefault();
      KEYS[event.key]();
    }
  });
}
