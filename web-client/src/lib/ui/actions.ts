/** What a menu offers. */

import type { LucideProps } from "@lucide/svelte";
import type { Component } from "svelte";

export interface MenuItem {
  readonly label: string;
  readonly run: () => void;
  readonly icon?: Component<LucideProps>;
  readonly disabled?: boolean;
  /** Set for a choice out of several. */
  readonly checked?: boolean;
  /** The key that does the same while focus is near. */
  readonly shortcut?: string;
  /** The language of the label, where it is not that of the interface. */
  readonly lang?: string;
}
