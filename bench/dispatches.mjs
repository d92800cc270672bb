// Lists the dispatches of a training step on a GPU; needs a build, but no GPU:
// node bench/dispatches.mjs [WIDTHS] [--batch N] [--replicas N] [--multiprocessors N] [--memory BYTES] [--json]
// WIDTHS are those of the network with one noise node on its first layer, from the inputs to the outputs.
import { sideBySide } from "../build/js/gpu/sideBySide.js";
import { partsOf } from "../build/js/ts/backend/webgpu/dispatches.js";
import { grouped } from "../build/js/ts/backend/webgpu/grouped.js";
import { Pitched } from "../build/js/ts/backend/webgpu/pitched.js";
import { benchPlan } from "../build/js/ts/check/bench/benchPlan.js";
import { lower } from "../build/js/ts/program/lower.js";
import { optionsOf } from "./lib/options.mjs";

const { values, positionals } = optionsOf({
  options: {
    batch: { type: "string", default: "128" },
    replicas: { type: "string", default: "1" },
    // Those of an H100, and the workgroup memory that WebGPU has there.
    multiprocessors: { type: "string", default: "132" },
    memory: { type: "string", default: "49152" },
    json: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const [batch, replicas, multiprocessors, memory] = [
  values.batch,
  values.replicas,
  values.multiprocessors,
  values.memory,
].map(Number);
const widths = (positionals[0] ?? "784-512-512-512-10").split("-").map(Number);
if (
  ![batch, replicas, multiprocessors, memory, ...widths].every((n) => Number.isInteger(n) && n > 0)
) {
  console.error(
    "bench/dispatches.mjs: widths, like 784-512-10, and options are whole numbers from 1 on",
  );
  process.exit(2);
}

const { program } = new Pitched(lower(benchPlan(widths, batch, replicas)).program);
const can = { subgroups: true, workgroupBytes: memory, software: false };

/** The bytes that accesses name: each matrix once, in every replica that has its own. */
function bytes(accesses, writes) {
  const places = accesses.filter((access) => access.writes === writes).map(({ place }) => place);
  const distinct = new Map(places.map((place) => [JSON.stringify(place), place]));
  return [...distinct.values()].reduce((sum, { buffer, rows, cols }) => {
    const { type = "float", shared = buffer.startsWith("#") } = program.buffers[buffer] ?? {};
    return sum + rows * cols * (type === "byte" ? 1 : 4) * (shared ? 1 : replicas);
  }, 0);
}

/** What a part does: the matrices that it writes, and those that it reads. */
function named({ accesses }) {
  const names = (writes) => [
    ...new Set(accesses.filter((a) => a.writes === writes).map(({ place }) => place.buffer)),
  ];
  const from = names(false).filter((name) => name !== "#counter");
  return [names(true), from].map((list) => list.join(", ")).join(" from ");
}

const groups = grouped(partsOf(program.lists.step, program, can));
const dispatches = groups.map((group) => {
  const { grid, threads, accesses } = sideBySide(group);
  const parts = group.map((part) => {
    const alone = sideBySide([part]);
    return { workgroups: alone.grid, what: named(alone) };
  });
  const workgroups = grid.reduce((product, n) => product * n);
  const [read, written] = [bytes(accesses, false), bytes(accesses, true)];
  return { workgroups, threads, read, written, parts };
});
const total = (key) => dispatches.reduce((sum, one) => sum + one[key], 0);
const parts = groups.flat().length;

if (values.json) {
  const totals = {
    dispatches: dispatches.length,
    parts,
    read: total("read"),
    written: total("written"),
  };
  console.log(JSON.stringify({ widths, batch, replicas, dispatches, totals }, null, 2));
} else {
  const kilobytes = (n) => (n / 1000).toFixed(1);
  const row = (...cells) => console.log(`| ${cells.join(" | ")} |`);
  row(
    "dispatch",
    "workgroups",
    "threads",
    "each multiprocessor's",
    "kB read",
    "kB written",
    "parts",
  );
  row("---", "---", "---", "---", "---", "---", "---");
  dispatches.forEach(({ workgroups, threads, read, written, parts }, i) => {
    const share = (workgroups / multiprocessors).toFixed(2);
    const what = parts
      .map(({ workgroups, what }) => `${workgroups.join(" x ")}: ${what}`)
      .join("; ");
    row(i + 1, workgroups, threads, share, kilobytes(read), kilobytes(written), what);
  });
  const [read, written] = ["read", "written"].map((key) => kilobytes(total(key)));
  console.log(
    `\n${dispatches.length} dispatches of ${parts} parts; ${read} kB read, ${written} kB written. A matrix counts once a dispatch; one ` +
      "that an elementwise operation changes in place counts as written alone.",
  );
}
