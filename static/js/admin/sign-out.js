// Signing out by hand removes the drafts that this browser keeps for the account, after a question
// if there are any. After an expired session they stay: the form offers them to the same account.

const data = document.querySelector("script[data-sign-out]").dataset;

function drafts() {
  try {
    return Object.keys(localStorage).filter(
      (key) => key.startsWith("draft-") && key.endsWith(`-${data.user}`),
    );
  } catch {
    return []; // storage is disabled: there are no drafts
  }
}

document.getElementById("logout-form")?.addEventListener("submit", (event) => {
  const keys = drafts();
  if (keys.length && !confirm(data.signOut)) {
    event.preventDefault();
    return;
  }
  document.dispatchEvent(new Event("signing-out")); // an open form stores no more copies
  for (const key of keys) localStorage.removeItem(key);
});
