/** The address that the visitor is at, and the one way to another. */

let path = $state(window.location.pathname);
let hash = $state(window.location.hash);
let isOwn: (path: string) => boolean = () => true;

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

/** Says which paths this entry has pages for; all others are other documents. */
export function ownPaths(own: (path: string) => boolean): void {
  isOwn = own;
}

/** Goes to another page: within this document where it can. */
export function navigate(to: string): void {
  leaveFor(to, "pushState", () => window.location.assign(to));
}

/** Goes to another page, and takes this one out of the history. */
export function replaceWith(to: string): void {
  leaveFor(to, "replaceState", () => window.location.replace(to));
}

function leaveFor(to: string, change: "pushState" | "replaceState", load: () => void): void {
  if (!isOwn(new URL(to, window.location.href).pathname)) {
    load();
    return;
  }
  window.history[change](null, "", to);
  follow();
}

function follow(): void {
  path = window.location.pathname;
  hash = window.location.hash;
}
