import { useSignal } from "@preact/signals";
import type { NetworkCurvature } from "../../../ts/curvature/networkCurvature.js";
import type { NetworkInFile } from "../../maths/files/ownNetwork.js";
import { short } from "../../maths/short.js";
import { edited } from "../../state/edit.js";
import { desk } from "../desk.js";
import { change, state } from "../session.js";
import { data } from "./dataSession.js";

const ACTIVATIONS = ["relu", "tanh", "gelu", "linear"] as const;

/** A network from a file: its layers, and the curvature that noise nodes read at one of them. */
export function NetworkCard({ name, found }: { name: string; found: NetworkInFile }) {
  const activation = useSignal<(typeof ACTIVATIONS)[number]>("relu");
  const layer = useSignal(0);
  const reading = useSignal<NetworkCurvature | null>(null);
  const said = useSignal<string | null>(null);
  const busy = useSignal(false);
  const measure = async () => {
    busy.value = true;
    said.value = null;
    reading.value = null;
    try {
      const spec = data.value?.spec ?? state.value.experiment.data;
      const how = { activation: activation.value, layer: layer.value };
      reading.value = await desk().curvature(name, spec, how);
    } catch (error) {
      said.value = (error as Error).message;
    } finally {
      busy.value = false;
    }
  };
  const useWidths = () => {
    try {
      const hidden = found.widths.slice(1, -1);
      change({
        experiment: edited(state.value.experiment, "network.layers", hidden),
        panel: "run",
      });
    } catch (error) {
      said.value = (error as Error).message;
    }
  };
  return (
    <div>
      <h3>The network in {name}</h3>
      <section class="table" aria-label="Layers of the network">
        <table>
          <thead>
            <tr>
              {["layer", "weight", "outputs × inputs", "bias"].map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {found.layers.map(({ weight, bias }, l) => (
              <tr key={weight}>
                <td>{l}</td>
                <td>{weight}</td>
                <td>
                  {found.widths[l + 1]} × {found.widths[l]}
                </td>
                <td>{bias ?? "none"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <div class="buttons">
        <label>
          Activation{" "}
          <select
            value={activation.value}
            onChange={(event) => {
              activation.value = event.currentTarget.value as (typeof ACTIVATIONS)[number];
            }}
          >
            {ACTIVATIONS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          Layer{" "}
          <select
            value={String(layer.value)}
            onChange={(event) => {
              layer.value = Number(event.currentTarget.value);
            }}
          >
            {found.layers.map(({ weight }, l) => (
              <option key={weight} value={String(l)}>
                {l}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="primary" disabled={busy.value} onClick={measure}>
          Read the curvature of its loss
        </button>
        <button type="button" onClick={useWidths}>
          Train a new network of these widths
        </button>
      </div>
      <div role="alert">{said.value !== null && <p class="problem">{said.value}</p>}</div>
      {busy.value && <p role="status">The curvature is being read.</p>}
      {reading.value && <Curvature found={reading.value} />}
      <p class="note">
        The curvature is that of the mean loss over the samples above, or over those of “One run” if
        you dropped none. The network is not trained.
      </p>
    </div>
  );
}

function Curvature({ found }: { readonly found: NetworkCurvature }) {
  const { layer, units, samples, loss, eigenvalues, trace, antithetic, reach } = found;
  const top = eigenvalues.slice(0, 4).map(({ value }) => short(value));
  const rows = [
    ["mean loss", short(loss)],
    ["largest eigenvalues of the mean local Hessian", top.join(", ")],
    ["its trace over the units", `${short(trace.value / units)} ± ${short(trace.error / units)}`],
    ["read by noise nodes", `${short(antithetic.value)} ± ${short(antithetic.error)}`],
  ];
  return (
    <section class="table" aria-label="Curvature">
      <table>
        <caption>
          Layer {layer}, {units} units, {samples} samples, shifts of {short(reach)}
        </caption>
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
