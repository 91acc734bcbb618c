/** The address that the visitor is at, and the one way to another. */

let path = $state(window.location.pathname);
let hash = $state(window.location.hash);

window.addEventListener("popstate", follow);
window.addEventListener("hashchange", follow);

/** The path of the address; reading it in a component follows it. */
export function currentPath(): string {
  return path;
}

/** What stands after the `#` of the address, without it. */
export function currentHash(): string {
  return hash.slice(1);
}

/** Goes to another page of this entry, without loading a new document. */
export function navigate(to: string): void {
  window.history.pushState(null, "", to);
  follow();
}

/** Takes the secret out of the address bar, so that it is in no screenshot and no history. */
export function forgetHash(): void {
  window.history.replaceState(null, "", window.location.pathname);
  follow();
}

function follow(): void {
  path = window.location.pathname;
  hash = window.location.hash;
}
