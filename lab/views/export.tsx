import { useSignal } from "@preact/signals";
import { pngOf, saveAs } from "./saveAs.js";
import { dark, told } from "./session.js";

interface ExportProps {
  /** What the files are called, without their ending. */
  readonly name: string;
  /** Null: there is nothing to save yet. */
  readonly svg: (() => Promise<string>) | null;
  readonly csv: (() => string | Promise<string>) | null;
  readonly parquet?: (() => Promise<ArrayBuffer>) | null;
}

/** Buttons that save what a view shows. */
export function Export({ name, svg, csv, parquet }: ExportProps) {
  const done = useSignal("");
  const save = (ending: string, work: () => Promise<void>) => () => {
    done.value = "";
    work().then(() => {
      done.value = `${name}.${ending} is saved.`;
    }, told);
  };
  const forms: [string, (() => Promise<void>) | null][] = [
    ["svg", svg && (async () => saveAs(`${name}.svg`, "image/svg+xml", await svg()))],
    [
      "png",
      svg &&
        (async () => {
          const png = await pngOf(await svg(), dark.value ? "dark" : "light");
          saveAs(`${name}.png`, "image/png", png);
        }),
    ],
    ["csv", csv && (async () => saveAs(`${name}.csv`, "text/csv", await csv()))],
    [
      "parquet",
      parquet &&
        (async () => saveAs(`${name}.parquet`, "application/vnd.apache.parquet", await parquet())),
    ] as [string, (() => Promise<void>) | null],
  ];
  const offered = forms.filter(([ending]) => ending !== "parquet" || parquet !== undefined);
  return (
    <div class="share">
      <span>Save this view as</span>
      {offered.map(([ending, work]) => (
        <button
          key={ending}
          type="button"
          disabled={!work}
          onClick={work ? save(ending, work) : undefined}
        >
          {NAMES[ending]}
        </button>
      ))}
      <span role="status">{done.value}</span>
    </div>
  );
}

const NAMES: Readonly<Record<string, string>> = {
  svg: "SVG",
  png: "PNG",
  csv: "CSV",
  parquet: "Parquet",
};
