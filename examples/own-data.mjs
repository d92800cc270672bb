// A data set of your own arrays: two interleaved spirals of points, checked by `datasetOf` and given to a run.
import { datasetOf, InputError, train } from "ninscope";

/** Points `[rows, 2]` of two spiral arms and the arm of each; `offset` moves the points along the arms. */
function spirals(rows, offset) {
  const inputs = new Float32Array(rows * 2);
  const targets = new Uint8Array(rows);
  for (let r = 0; r < rows; r++) {
    const arm = r % 2;
    const along = (r + offset) / rows;
    const angle = Math.PI * (2.5 * along + arm);
    inputs.set([2 * along * Math.cos(angle), 2 * along * Math.sin(angle)], r * 2);
    targets[r] = arm;
  }
  return { rows, inputs, targets };
}

const dataset = datasetOf({
  name: "two spirals",
  ...spirals(600, 0),
  test: spirals(200, 0.5),
  classes: 2,
});
console.log(`${dataset.task}: ${dataset.inputs} inputs, ${dataset.outputs} classes`);

const { phase, final } = await train(
  {
    network: { layers: [32, 32], activation: "tanh" },
    noise: [{ layer: 0, nodes: 1, sigma: 1 }],
    optimizer: { learningRate: 0.2, batchSize: 20 },
    epochs: 150,
  },
  { dataset },
);
console.log(`${phase}: test accuracy ${final.testAccuracy.toFixed(3)}`);

// What does not fit is refused, with the field, what it holds and what it takes.
try {
  datasetOf({ ...spirals(600, 0), rows: 500, classes: 2 });
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.log(`${error.field}: ${error.message}`);
}
