/** How a countdown reads. */

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;

/** Minutes that a coach may set. */
export const BOUNDS = { least: 1, most: 480 } as const;

/** What remains until a moment, in whole seconds that have begun; never less than none. */
export function remainingSeconds(timeUpAt: number, now: number): number {
  return Math.max(0, Math.ceil((timeUpAt - now) / SECOND));
}

/** Minutes and seconds, with hours where there are any: `4:05`, `1:00:00`. */
export function clockText(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = String(seconds % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
