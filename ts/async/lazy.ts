/** A value that is made when it is first asked for. */
export class Lazy<T> {
  readonly #make: () => Promise<T>;
  #made: Promise<T> | undefined;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  get(): Promise<T> {
    this.#made ??= this.#make();
    return this.#made;
  }

  /** Calls `use` with the value if it was made. An error in making it went to those who asked for it. */
  async ifMade(use: (value: T) => Promise<void>): Promise<void> {
    await this.#made?.then(use, () => {});
  }
}
