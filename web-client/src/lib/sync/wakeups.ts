/** Moments at which a connection may have died unnoticed. */

/** What happened. */
export type Wakeup =
  /** The page is seen again, or thawed. */
  | "shown"
  /** The device has another network, or one again. */
  | "network";

/** The Network Information API, where the browser has it. */
type WithConnection = Navigator & { connection?: EventTarget };

/** Calls back at each such moment, until the returned function is called. */
export function onWakeup(woken: (wakeup: Wakeup) => void): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  const shown = () => {
    if (!document.hidden) woken("shown");
  };
  const network = () => woken("network");
  document.addEventListener("visibilitychange", shown, { signal });
  document.addEventListener("resume", shown, { signal });
  // Also from the back-forward cache, where sockets do not survive.
  window.addEventListener("pageshow", shown, { signal });
  window.addEventListener("online", network, { signal });
  (navigator as WithConnection).connection?.addEventListener("change", network, { signal });
  return () => ended.abort();
}
