import { InputError, shown } from "../errors/errors.js";
import type { GaugeResult } from "../gauge/gaugeResult.js";
import type { NoiseProbe } from "../gauge/noiseProbe.js";
import { short, withError } from "../gauge/verdict.js";
import type { NoiseNodesLayer } from "./noiseLayer.js";

/** Shows the gauge. */
export type DrawGauge = (gauge: GaugeResult, probe: NoiseProbe) => void | Promise<void>;

/** Options of `gaugeCallback`. */
export interface GaugeCallbackOptions {
  /** Draws the gauge after so many observed steps, again and again; `Infinity`: never. Default 200. */
  readonly every?: number;
  /** Shows the gauge, such as on a page. Default: prints a line on the console. */
  readonly draw?: DrawGauge;
}

/** A callback for `model.fit`. */
export interface GaugeCallback {
  /** Observes the step that was made. */
  readonly onBatchEnd: (batch: number, logs?: { readonly loss?: number }) => Promise<void>;
}

/**
 * A callback that gives the loss of each batch to the probe of a layer, and draws the gauge now and then:
 * `model.fit(x, y, { callbacks: gaugeCallback(layer) })`. A model with several such layers takes a list of callbacks.
 * @throws InputError for an `every` that is no positive integer.
 */
export function gaugeCallback(
  layer: NoiseNodesLayer,
  { every = 200, draw = printLine }: GaugeCallbackOptions = {},
): GaugeCallback {
  if (!(every === Number.POSITIVE_INFINITY || (Number.isSafeInteger(every) && every >= 1))) {
    throw new InputError(
      "every",
      `every is ${shown(every)}: takes a number of steps of at least 1`,
    );
  }
  const onBatchEnd: GaugeCallback["onBatchEnd"] = async (_batch, logs) => {
    const seen = layer.observe(logs?.loss);
    const { probe } = layer;
    if (seen && probe.records.length % every === 0) await draw(probe.gauge(), probe);
  };
  return { onBatchEnd };
}

/** The gauge in a line. */
export function gaugeLine({ now, kappa, phase, alarms }: GaugeResult, probe: NoiseProbe): string {
  const { step, loss } = probe.records[probe.records.length - 1];
  const parts = [
    `step ${step}: loss ${short(loss)}`,
    `curvature ${withError(now.value, now.error)}`,
    probe.options.learningRate > 0 ? `kappa ${short(kappa)} of 2, ${phase}` : "bystander",
    ...alarms,
  ];
  return parts.join("; ");
}

function printLine(gauge: GaugeResult, probe: NoiseProbe): void {
  console.log(gaugeLine(gauge, probe));
}
