/** A control of the run view: a field of the experiment, its unit, and what it does in one line. */
export interface Control {
  readonly field: string;
  readonly label: string;
  /** What one of its numbers counts. */
  readonly unit?: string;
  readonly help: string;
  /** Values to choose from, with "" for none; left out: a number or a list is typed in. */
  readonly options?: readonly (string | number | boolean)[];
  /** The box that it stands in. */
  readonly group: string;
}
