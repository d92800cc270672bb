import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { OwnData, Picture } from "../../maths/files/ownData.js";
import { short } from "../../maths/short.js";
import { told } from "../session.js";
import { CopyTable } from "../table.js";
import {
  data,
  doing,
  done,
  forget,
  isDropped,
  keep,
  kept,
  look,
  network,
  readAgain,
  readKept,
  specText,
  take,
  trainOn,
  wrong,
} from "./dataSession.js";
import { chosenOf, dropOf } from "./droppedFiles.js";
import { NetworkCard } from "./networkCard.js";

/** A person's own samples, network, experiment or results. */
export function OwnDataView() {
  const over = useSignal(false);
  useEffect(() => {
    look().catch(told);
  }, []);
  return (
    <section
      aria-label="Your data and network"
      class={over.value ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => {
        over.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        if (event.dataTransfer) dropOf(event.dataTransfer).then(take).catch(told);
      }}
    >
      <h2>Your own data, network, or results</h2>
      <p>
        Drop files anywhere here, or choose them: samples (CSV, NPY, NPZ, IDX as of MNIST), a
        network (safetensors), an experiment (JSON), or a result folder of the command line. They
        are read in this tab; nothing leaves the browser.
      </p>
      <div class="buttons">
        <Chooser id="choose-files" label="Choose files" folder={false} />
        <Chooser id="choose-folder" label="Choose a result folder" folder={true} />
      </div>
      <p role="status" data-testid="doing">
        {doing.value ?? done.value ?? ""}
      </p>
      <div role="alert">{wrong.value !== null && <p class="problem">{wrong.value}</p>}</div>
      {specText.value !== "" && <HowRead />}
      {data.value && <Samples own={data.value} />}
      {network.value && <NetworkCard key={network.value.name} {...network.value} />}
      <KeptFiles />
    </section>
  );
}

function Chooser({ id, label, folder }: { id: string; label: string; folder: boolean }) {
  return (
    <span class="chooser">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="file"
        multiple
        ref={(input) => {
          if (folder) input?.setAttribute("webkitdirectory", "");
        }}
        onChange={(event) => {
          const { files } = event.currentTarget;
          if (files && files.length > 0) take(chosenOf(files));
          event.currentTarget.value = "";
        }}
      />
    </span>
  );
}

/** The `data` field, which the reader may correct. */
function HowRead() {
  const text = useRef<HTMLTextAreaElement>(null);
  return (
    <div class="field">
      <label for="data-spec">How the files are read: the experiment’s field “data”</label>
      <textarea
        id="data-spec"
        ref={text}
        rows={3}
        spellcheck={false}
        value={specText.value}
        aria-describedby="data-spec-help"
      />
      <small id="data-spec-help">
        JSON. For a table: target, header, separator, decimal, ignore; for arrays: inputs, targets;
        for all: task, classes, train, test.
      </small>
      <button type="button" onClick={() => readAgain(text.current?.value ?? "")}>
        Read the files so
      </button>
    </div>
  );
}

function Samples({ own }: { readonly own: OwnData }) {
  const { summary, pictures, rows, note } = own;
  const { inputs, outputs, task } = summary;
  const targets =
    task === "classification" ? `${outputs} classes` : `${outputs} numbers to predict`;
  return (
    <div>
      <p data-testid="summary">
        <b>
          {summary.rows} training and {summary.testRows} test samples
        </b>{" "}
        of {inputs} numbers, {targets}. {note}
      </p>
      {pictures.length > 0 && (
        <ul class="pictures" aria-label="The first samples">
          {pictures.map((one, i) => (
            <Shown key={i} picture={one} />
          ))}
        </ul>
      )}
      {rows.length > 0 && (
        <CopyTable
          name="first samples"
          data={{
            head: [...rows[0].slice(0, -1).map((_, i) => `input ${i}`), "target"],
            rows,
          }}
        />
      )}
      <button type="button" class="primary" onClick={() => trainOn(own)}>
        Train on these samples
      </button>
    </div>
  );
}

function Shown({ picture }: { readonly picture: Picture }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { side, pixels, label } = picture;
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const image = context.createImageData(side, side);
    pixels.forEach((grey, i) => {
      image.data.set([grey, grey, grey, 255], 4 * i);
    });
    context.putImageData(image, 0, 0);
  }, [picture]);
  return (
    <li>
      <canvas
        ref={canvas}
        width={side}
        height={side}
        role="img"
        aria-label={`Sample of ${label}`}
      />
      <span>{label}</span>
    </li>
  );
}

/** The files that the browser keeps, and the way to delete them. */
function KeptFiles() {
  const files = kept.value;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return (
    <div class="buttons">
      {(data.value || network.value) && isDropped() && (
        <button type="button" onClick={() => keep()}>
          Keep the files in this browser
        </button>
      )}
      {files.length > 0 && (
        <>
          <span>
            Kept: {files.map(({ name }) => name).join(", ")} ({short(bytes / 1000)} kB)
          </span>
          <button type="button" onClick={() => readKept()}>
            Read the kept files
          </button>
          <button type="button" onClick={() => forget()}>
            Delete the kept files
          </button>
        </>
      )}
    </div>
  );
}
