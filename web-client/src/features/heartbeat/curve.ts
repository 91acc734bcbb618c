/**
 * The heartbeat's curve: smooth, through every point, and never beyond two
 * neighbouring points, for a curve that overshoots invents emotions.
 *
 * Tangents follow M. Steffen, "A simple method for monotonic interpolation in
 * one dimension" (1990).
 */

/** A place in the drawing. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Splits points into runs without unknown ones; a line has a gap there. */
export function runsOf<T>(points: readonly (T | null)[]): T[][] {
  const runs: T[][] = [[]];
  for (const point of points) {
    if (point === null) runs.push([]);
    else runs.at(-1)?.push(point);
  }
  return runs.filter((run) => run.length > 0);
}

/** The SVG path of one run of points, from left to right. */
export function monotonePath(points: readonly Place[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  const tangents = tangentsOf(points);
  let path = `M${round(first.x)},${round(first.y)}`;
  let from = first;
  for (const [index, to] of rest.entries()) {
    const third = (to.x - from.x) / 3;
    const one = round(from.y + third * (tangents[index] ?? 0));
    const two = round(to.y - third * (tangents[index + 1] ?? 0));
    path += `C${round(from.x + third)},${one} ${round(to.x - third)},${two} ${round(to.x)},${round(to.y)}`;
    from = to;
  }
  return path;
}

/** The area between a run's curve and the height `zero`. */
export function areaPath(points: readonly Place[], zero: number): string {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || points.length < 2) return "";
  return `${monotonePath(points)}L${round(last.x)},${zero}L${round(first.x)},${zero}Z`;
}

function tangentsOf(points: readonly Place[]): number[] {
  const slopes = points.slice(1).map((to, index) => {
    const from = points[index] ?? to;
    return (to.y - from.y) / (to.x - from.x);
  });
  if (slopes.length < 2) return points.map(() => slopes[0] ?? 0);
  const inner = slopes.slice(1).map((after, index) => {
    const before = slopes[index] ?? 0;
    const left = widthAt(points, index);
    const right = widthAt(points, index + 1);
    const mean = (before * right + after * left) / (left + right);
    const least = Math.min(Math.abs(before), Math.abs(after), Math.abs(mean) / 2);
    return (Math.sign(before) + Math.sign(after)) * least;
  });
  const start = (3 * (slopes[0] ?? 0) - (inner[0] ?? 0)) / 2;
  const end = (3 * (slopes.at(-1) ?? 0) - (inner.at(-1) ?? 0)) / 2;
  return [start, ...inner, end];
}

function widthAt(points: readonly Place[], index: number): number {
  return (points[index + 1]?.x ?? 0) - (points[index]?.x ?? 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
