import type { MapSpec } from "../../state/labState.js";
import { change, state } from "../session.js";

/** The linear model of the map. */
export function MapSliders() {
  return (
    <fieldset class="map-sliders">
      <legend>The model</legend>
      <MapSlider
        name="width"
        label="Hidden units"
        from={10}
        to={400}
        help="Width of the one hidden layer."
      />
      <MapSlider
        name="samples"
        label="Samples"
        from={10}
        to={400}
        help="The batch: each step takes all of them."
      />
      <MapSlider name="steps" label="Steps" from={20} to={400} help="Updates of each run." />
      <MapSlider
        name="seed"
        label="Seed"
        from={0}
        to={50}
        help="Names data, weights and noise, which all cells share."
      />
    </fieldset>
  );
}

interface MapSliderProps {
  readonly name: keyof MapSpec;
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly help: string;
}

function MapSlider({ name, label, from, to, help }: MapSliderProps) {
  const { map } = state.value;
  return (
    <label class="field">
      <span>
        {label} <b>{map[name]}</b>
      </span>
      <input
        type="range"
        min={from}
        max={Math.max(to, map[name])}
        value={map[name]}
        onInput={(event) => change({ map: { ...map, [name]: Number(event.currentTarget.value) } })}
      />
      <small>{help}</small>
    </label>
  );
}
