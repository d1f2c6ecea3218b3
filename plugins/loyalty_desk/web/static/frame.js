// Airflow shows the desk in a frame that may open no window and may not leave itself. Airflow's own
// page, which is on the same server, may: there a link is pressed that leads where ours does.
"use strict";

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[target=_blank], a[target=_top]");
  if (!link || window.top === window) return;
  let page;
  try {
    page = window.top.document;
  } catch {
    return; // a frame of somebody else's page, who says what it may
  }
  const pressed = page.createElement("a");
  for (const name of ["href", "target", "rel"]) pressed[name] = link[name];
  page.body.append(pressed);
  pressed.click();
  pressed.remove();
  event.preventDefault();
});
