// AssemblyScript that measures the highest speed of a host for code like the kernels: independent multiplications and
// additions in registers, without loads or stores. A program writes it, because its loops must be unrolled: no compiler
// involved unrolls them, and each iteration of a loop costs a check.

/** Number of copies of the pattern in the loop: fewer make its checks noticeable, more make it no faster. */
const UNROLLED = 4;

const range = (count) => [...Array(count).keys()];
const lines = (count, line) => range(count).map(line).join("\n");

/**
 * A function that repeats its pattern and returns the number of floating-point operations. `sink` takes 384 bytes.
 */
function peak(setUp, chains, pattern, vectorOperations) {
  return `export function peak(rounds: i32, factor: f32, sink: usize): f64 {
${setUp}
${lines(chains, (i) => `let c${i} = f32x4.splat(${i});`)}
for (let k = rounds; k > 0; k--) {
${lines(UNROLLED, () => pattern)}
}
${lines(chains - 1, (i) => `c0 = f32x4.add(c0, c${i + 1});`)}
v128.store(sink, c0);
return <f64>${4 * vectorOperations * UNROLLED} * <f64>rounds;
}
`;
}

/** Twelve chains of fused multiply-add: more than enough to cover the latency of each. */
export function fusedPeak() {
  return peak(
    "const a = f32x4.splat(factor);\nconst b = f32x4.splat(1 - factor);",
    12,
    lines(12, (i) => `c${i} = f32x4.relaxed_madd(c${i}, a, b);`),
    2 * 12,
  );
}

/**
 * The same in pairs of vectors that are stored next to each other. Some hosts turn each pair into a vector of twice the
 * width; the others have too few registers for the pairs.
 */
export function widePeak() {
  const CHAINS = 12;
  const pairs = (line) => lines(CHAINS, (i) => `${line("c", i)}\n${line("d", i)}`);
  return `export function peak(rounds: i32, factor: f32, sink: usize): f64 {
const a = f32x4.splat(factor);
const b = f32x4.splat(1 - factor);
${pairs((c, i) => `let ${c}${i} = f32x4.splat(${i}${c === "d" ? ".5" : ""});`)}
for (let k = rounds; k > 0; k--) {
${lines(UNROLLED, () => pairs((c, i) => `${c}${i} = f32x4.relaxed_madd(${c}${i}, a, b);`))}
}
${lines(CHAINS, (i) => `v128.store(sink, c${i}, ${32 * i});\nv128.store(sink, d${i}, ${32 * i + 16});`)}
return <f64>${4 * 2 * 2 * CHAINS * UNROLLED} * <f64>rounds;
}
`;
}

/**
 * Three numbers times three, added to nine sums. As in a matrix product, the multiplications are outside the chains of
 * additions; otherwise each link would wait for both. Three of the numbers change each time, by a multiplication or an
 * addition that counts too, so that no product repeats.
 */
export function separatePeak() {
  const changes = lines(3, (i) =>
    i === 1 ? "a1 = f32x4.add(a1, b1);" : `a${i} = f32x4.mul(a${i}, b0);`,
  );
  return peak(
    `${lines(3, (i) => `let a${i} = f32x4.splat(${i + 1});`)}
${lines(3, (j) => `const b${j} = f32x4.splat(factor * ${(1 + 0.1 * j).toFixed(1)});`)}`,
    9,
    `${lines(9, (i) => `c${i} = f32x4.add(c${i}, f32x4.mul(a${Math.floor(i / 3)}, b${i % 3}));`)}
${changes}`,
    2 * 9 + 3,
  );
}
