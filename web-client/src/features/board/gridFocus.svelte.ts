/** One tab stop for the whole grid: which cell has it, and where keys take it. */

import { tick } from "svelte";
import type { Grid } from "../../lib/board/grid.ts";
import { cellName, cellOf, LANES, type Lane } from "./lanes.ts";

/** Things inside a cell that keys move between. */
const STOPS = "[data-card], [data-stop], [data-edit], [data-menu]";

const STEPS: Readonly<Record<string, readonly [columns: number, lanes: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class GridFocus {
  readonly #grid: () => Grid;
  #root: HTMLElement | null = null;
  #lane = $state<Lane>("step");
  #index = $state(0);
  #column = $state<string | null>(null);
  #inside = false;

  constructor(grid: () => Grid) {
    this.#grid = grid;
  }

  /** Takes the grid's element, for as long as it is there. */
  attach = (root: HTMLElement): (() => void) => {
    this.#root = root;
    return () => {
      this.#root = null;
    };
  };

  /** What makes an element a cell. */
  cell(lane: Lane, id: string): { "data-cell": string; tabindex: number } {
    return { "data-cell": cellName(lane, id), tabindex: this.#isActive(lane, id) ? 0 : -1 };
  }

  /** Notes that focus came to an element of the grid; gives the cell's name. */
  entered(target: EventTarget | null): string | null {
    const name = cellElement(target)?.dataset.cell ?? "";
    const cell = cellOf(name);
    if (!cell) return null;
    this.#inside = true;
    this.#lane = cell.lane;
    const index = this.#grid().columns.findIndex((column) =>
      cell.lane === "phase" ? column.phase === cell.id : column.id === cell.id,
    );
    this.#index = Math.max(0, index);
    this.#column = this.#grid().columns[this.#index]?.id ?? null;
    return name;
  }

  /** Notes that focus went elsewhere by the person's own doing. */
  left(): void {
    this.#inside = false;
  }

  /** Whether focus was in the grid and what had it is gone. */
  get isLost(): boolean {
    const active = document.activeElement;
    return this.#inside && (active === null || active === document.body);
  }

  /** Puts focus on the active cell, unless something else took it since. */
  async restore(): Promise<boolean> {
    await tick();
    return this.isLost && this.#focus(this.#lane, this.#activeIndex());
  }

  /** Puts focus on a thing in the grid once it is drawn, or else on the active cell. */
  async focusOn(selector: string): Promise<void> {
    await tick();
    const found = this.#root?.querySelector<HTMLElement>(selector);
    if (found) focusOn(found);
    else this.#focus(this.#lane, this.#activeIndex());
  }

  /** Answers a key pressed in the grid; `true` when it was one of the grid's. */
  press(event: KeyboardEvent): boolean {
    const cell = cellElement(event.target);
    if (!cell || !(event.target instanceof HTMLElement)) return false;
    if (event.target === cell) return this.#pressOnCell(event, cell);
    return this.#pressInside(event, cell, event.target);
  }

  #pressOnCell(event: KeyboardEvent, cell: HTMLElement): boolean {
    const step = STEPS[event.key];
    if (step) return this.#step(step[0], step[1]);
    if (event.key === "Home") return this.#focus(event.ctrlKey ? "phase" : this.#lane, 0);
    if (event.key === "End") {
      return this.#focus(event.ctrlKey ? "note" : this.#lane, this.#grid().columns.length - 1);
    }
    if (event.key === "Enter") return focusOn(stopsOf(cell)[0]);
    return false;
  }

  #pressInside(event: KeyboardEvent, cell: HTMLElement, target: HTMLElement): boolean {
    if (event.key === "Escape") return focusOn(cell);
    const step = STEPS[event.key];
    if (!step || target instanceof HTMLSelectElement) return false;
    if (step[0] !== 0) return this.#beside(step[0], target.dataset.point);
    const card = target.closest<HTMLElement>("[data-card]") ?? target;
    const stops = stopsOf(cell).filter((stop) => stop === card || !card.contains(stop));
    return focusOn(stops[stops.indexOf(card) + step[1]] ?? cell);
  }

  /** Goes to the cell beside; along a line of the heartbeat from point to point. */
  #beside(step: number, point: string | undefined): boolean {
    this.#step(step, 0);
    if (point === undefined) return true;
    const cell = cellElement(document.activeElement);
    const same = cell?.querySelector<HTMLElement>(`[data-point="${CSS.escape(point)}"]`);
    return same ? focusOn(same) : true;
  }

  #step(columns: number, lanes: number): boolean {
    const lane = LANES[LANES.indexOf(this.#lane) + lanes];
    if (!lane) return true;
    let index = this.#activeIndex() + columns;
    if (columns !== 0 && this.#lane === "phase") index = this.#besidePhase(columns);
    if (index < 0 || index >= this.#grid().columns.length) return true;
    return this.#focus(lane, index);
  }

  /** The first column of the phase before or after the active one. */
  #besidePhase(step: number): number {
    const { phases, columns } = this.#grid();
    const here = columns[this.#activeIndex()]?.phase;
    const phase = phases[phases.findIndex((one) => one.phase.id === here) + step];
    return phase ? columns.findIndex((column) => column.phase === phase.phase.id) : -1;
  }

  #activeIndex(): number {
    const { columns } = this.#grid();
    const found = columns.findIndex((column) => column.id === this.#column);
    return found >= 0 ? found : Math.min(this.#index, columns.length - 1);
  }

  #isActive(lane: Lane, id: string): boolean {
    if (lane !== this.#lane) return false;
    const column = this.#grid().columns[this.#activeIndex()];
    return (lane === "phase" ? column?.phase : column?.id) === id;
  }

  #focus(lane: Lane, index: number): boolean {
    const column = this.#grid().columns[index];
    if (!column) return false;
    const name = cellName(lane, lane === "phase" ? column.phase : column.id);
    return focusOn(this.#root?.querySelector<HTMLElement>(`[data-cell="${CSS.escape(name)}"]`));
  }
}

function cellElement(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>("[data-cell]") : null;
}

function stopsOf(cell: HTMLElement): HTMLElement[] {
  return [...cell.querySelectorAll<HTMLElement>(STOPS)].filter(
    (stop) => !stop.closest("[popover]"),
  );
}

function focusOn(element: HTMLElement | null | undefined): boolean {
  element?.focus();
  element?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  return true;
}
