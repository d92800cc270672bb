import { signal } from "@preact/signals";
import { proxy } from "comlink";
import type { BenchResult, BenchRow } from "../../ts/check/bench/benchResult.js";
import type { VerifyCheck, VerifyResult } from "../../ts/check/verify/verify.js";
import { short } from "../maths/short.js";
import { desk } from "./desk.js";
import { state } from "./session.js";
import { CopyTable, type TableData } from "./table.js";

const checks = signal<readonly VerifyCheck[]>([]);
const verified = signal<VerifyResult | null>(null);
const rows = signal<readonly BenchRow[]>([]);
const timed = signal<BenchResult | null>(null);
/** Which of the two is under way. */
const busy = signal<"verify" | "bench" | null>(null);
const wrong = signal<string | null>(null);

async function work(what: "verify" | "bench", make: () => Promise<void>): Promise<void> {
  busy.value = what;
  wrong.value = null;
  try {
    await make();
  } catch (error) {
    wrong.value = error instanceof Error ? error.message : String(error);
  } finally {
    busy.value = null;
  }
}

const verifyHere = () =>
  work("verify", async () => {
    checks.value = [];
    verified.value = null;
    const onCheck = (check: VerifyCheck) => {
      if (!verified.value) checks.value = [...checks.value, check];
    };
    const result = await desk().verify(state.value.experiment, proxy(onCheck));
    verified.value = result;
    checks.value = result.checks;
  });

const benchHere = (size: "quick" | "usual") =>
  work("bench", async () => {
    rows.value = [];
    timed.value = null;
    const onRow = (row: BenchRow) => {
      if (!timed.value) rows.value = [...rows.value, row];
    };
    const result = await desk().bench(size, proxy(onRow));
    timed.value = result;
    rows.value = result.rows;
  });

/** Whether this machine computes right, and how fast. */
export function ChecksView() {
  const failed = checks.value.filter(({ passed }) => !passed).length;
  const isBusy = busy.value !== null;
  return (
    <section aria-label="Your machine">
      <h2>Does your machine compute right, and how fast?</h2>
      <p>
        The first compares every machine of this browser with the float64 reference on the
        experiment of “One run”: each operation, the parameters after 1, 10 and 100 steps, and the
        phases of the linear model. The second times training steps.
      </p>
      <div class="buttons">
        <button type="button" class="primary" disabled={isBusy} onClick={verifyHere}>
          Compare with the reference
        </button>
        <button type="button" disabled={isBusy} onClick={() => benchHere("quick")}>
          Time small networks (seconds)
        </button>
        <button type="button" disabled={isBusy} onClick={() => benchHere("usual")}>
          Time wide networks (minutes)
        </button>
      </div>
      <p role="status" data-testid="checking">
        {busy.value === "verify" && `Comparing: ${checks.value.length} checks so far.`}
        {busy.value === "bench" && `Timing: ${rows.value.length} rows so far.`}
      </p>
      <div role="alert">{wrong.value !== null && <p class="problem">{wrong.value}</p>}</div>
      {checks.value.length > 0 && (
        <>
          <h3>Comparison</h3>
          {verified.value && (
            <p data-testid="verified">
              <b>
                {failed === 0
                  ? `All ${checks.value.length} errors are within their bounds`
                  : `${failed} of ${checks.value.length} errors exceed their bounds`}
              </b>{" "}
              on{" "}
              {verified.value.backends
                .map(({ name, flavour }) => `${name} (${flavour})`)
                .join(", ")}
              .{verified.value.note && ` Not compared: ${verified.value.note}.`}
            </p>
          )}
          <CopyTable name="errors" data={checkTable(checks.value)} />
        </>
      )}
      {rows.value.length > 0 && (
        <>
          <h3>Speed</h3>
          {timed.value && <Timed found={timed.value} />}
          <CopyTable name="times" data={timeTable(rows.value)} />
        </>
      )}
    </section>
  );
}

function Timed({ found }: { readonly found: BenchResult }) {
  const { adapter, software, note, omitted } = found;
  return (
    <p data-testid="timed">
      {adapter === null ? `No GPU was timed: ${note}.` : `The GPU is ${adapter}.`}
      {software && " It is emulated in software: its times say nothing about real GPUs."}
      {omitted.length > 0 && ` ${omitted.length} sizes were left out: ${omitted[0].why}.`}
    </p>
  );
}

function checkTable(all: readonly VerifyCheck[]): TableData {
  return {
    head: ["check", "machine", "error", "bound", "within"],
    rows: all.map(({ name, backend, error, bound, passed }) => [
      ...[name, backend, short(error), short(bound), passed ? "yes" : "NO"],
    ]),
  };
}

function timeTable(all: readonly BenchRow[]): TableData {
  return {
    head: ["machine", "width", "batch", "runs at once", "steps/s", "GFLOP/s", "µs/operation"],
    rows: all.map((row) => [
      ...[row.backend, String(row.width), String(row.batch), String(row.replicas)],
      ...[row.stepsPerSecond, row.flops / 1e9, row.secondsPerDispatch * 1e6].map(short),
    ]),
  };
}
