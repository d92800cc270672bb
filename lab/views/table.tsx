import { useSignal } from "@preact/signals";
import { told } from "./session.js";

export interface TableData {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Rows on show; the copy has all of them. */
const MOST = 200;

/** A table, and a button that copies it in the form that spreadsheets paste. */
export function CopyTable({ name, data }: { readonly name: string; readonly data: TableData }) {
  const copied = useSignal("");
  const { head, rows } = data;
  const copy = () => {
    const text = [head, ...rows].map((row) => row.join("\t")).join("\n");
    navigator.clipboard.writeText(`${text}\n`).then(() => {
      copied.value = `${rows.length} rows are in the clipboard.`;
    }, told);
  };
  return (
    <>
      <div class="buttons">
        <button type="button" onClick={copy}>
          Copy the table of {name}
        </button>
        <span role="status">{copied.value}</span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
      <section class="table" tabIndex={0} aria-label={`Table of ${name}`}>
        <table>
          <thead>
            <tr>
              {head.map((cell) => (
                <th key={cell} scope="col">
                  {cell}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MOST).map((row) => (
              <tr key={row.join()}>
                {row.map((cell, i) => (
                  <td key={head[i]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {rows.length > MOST && (
        <p class="note">
          The first {MOST} of {rows.length} rows; the copy has all of them.
        </p>
      )}
    </>
  );
}
