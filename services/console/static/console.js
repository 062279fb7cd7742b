// Pages work without this file. It remembers the theme and the reviewer's name, copies commands,
// and keeps pages marked `data-live` fresh while they are looked at.
"use strict";

const root = document.documentElement;
const kept = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
const keep = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private mode */ } };

const theme = kept("pawl-theme");
if (theme) root.dataset.theme = theme;

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-theme-toggle]");
  if (toggle) {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = root.dataset.theme || (dark ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
    keep("pawl-theme", root.dataset.theme);
    return;
  }
  const copied = event.target.closest("[data-copy]");
  if (copied && navigator.clipboard) {
    navigator.clipboard.writeText(copied.textContent.trim()).then(() => {
      copied.classList.add("copied");
      setTimeout(() => copied.classList.remove("copied"), 1200);
    });
  }
});

for (const input of document.querySelectorAll("[data-remember]")) {
  const key = "pawl-" + input.dataset.remember;
  if (!input.value) input.value = kept(key) || "";
  input.addEventListener("change", () => keep(key, input.value));
}

for (const form of document.querySelectorAll("[data-decision]")) {
  form.addEventListener("submit", (event) => {
    const reason = form.elements.reason;
    const rejects = event.submitter && event.submitter.value === "reject";
    if (rejects && !reason.value.trim()) {
      event.preventDefault();
      reason.setCustomValidity("A rejection needs a reason.");
      reason.reportValidity();
      reason.addEventListener("input", () => reason.setCustomValidity(""), { once: true });
      return;
    }
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}

const live = document.querySelector("main[data-live]");
if (live) {
  let last = live.innerHTML;
  setInterval(async () => {
    if (document.hidden || live.contains(document.activeElement)) return;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("main[data-live]");
      if (!fresh || fresh.innerHTML === last) return;
      const open = [...live.querySelectorAll("details")].map((one) => one.open);
      last = fresh.innerHTML;
      live.replaceChildren(...fresh.childNodes);
      live.querySelectorAll("details").forEach((one, index) => { if (open[index]) one.open = true; });
    } catch { /* the platform restarts: try again */ }
  }, 3000);
}
