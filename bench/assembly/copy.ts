// Measures the speed of memory for code like the kernels: a plain copy, 16 bytes at a time.

/** Copies `bytes` bytes (a multiple of 64) repeatedly. */
export function copy(from: usize, to: usize, bytes: i32, times: i32): void {
  for (let k = 0; k < times; k++) {
    for (let i: usize = 0; i < <usize>bytes; i += 64) {
      v128.store(to + i, v128.load(from + i));
      v128.store(to + i, v128.load(from + i, 16), 16);
      v128.store(to + i, v128.load(from + i, 32), 32);
      v128.store(to + i, v128.load(from + i, 48), 48);
    }
  }
}
