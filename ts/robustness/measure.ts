import type { BackendRecord } from "../backend/machineFor.js";
import { sha256 } from "../digest/sha256.js";
import { canonicalJson } from "../format/hash.js";
import type { Streams } from "../random/streams.js";
import type { Measured } from "../store/measurements.js";
import { attack } from "./attacks/attacks.js";
import { areCorrect } from "./attacks/margin.js";
import type { LabelledImages } from "./images.js";
import type { Model } from "./model.js";
import type { ModelSession } from "./modelSession.js";
import type { FullSettings } from "./settings.js";
import type { Task } from "./tasks.js";

/** Must change whenever the same measurement would give another number. */
const FORMAT = 1;

/** How many of the images of a task a model classifies correctly, or keeps correct under attack. */
export async function measure(
  task: Task,
  session: ModelSession,
  { images, labels }: LabelledImages,
  settings: FullSettings,
  streams: Streams,
): Promise<Measured> {
  const correct =
    task.kind === "attack"
      ? (
          await attack(
            task.name,
            session,
            images,
            labels,
            { ...settings, epsilon: task.epsilon },
            streams,
          )
        ).correct
      : areCorrect(await session.logits(images), session.outputs, labels);
  return { correct: correct.filter(Boolean).length, samples: labels.length };
}

/** The SHA-256 of all that a model's outputs depend on. */
export async function modelDigest({ network, parameters, scale, shift }: Model): Promise<string> {
  const { widths, activation, loss, bias, factors } = network;
  const values = [...parameters.weights, ...parameters.biases];
  const digests: string[] = [];
  for (const array of values) digests.push(await bytesDigest(array));
  const shape = { widths, activation, loss, bias, factors, scale, shift };
  return textDigest(canonicalJson([shape, digests]));
}

/** The SHA-256 of images and labels. */
export async function imagesDigest({ images, labels }: LabelledImages): Promise<string> {
  return textDigest(canonicalJson([await bytesDigest(images), await bytesDigest(labels)]));
}

/** The key of a measurement: the SHA-256 of everything that its number depends on. */
export function measurementKey(
  task: Task,
  model: string,
  images: string,
  { samples, attackSamples, steps, restarts, queries, seed }: FullSettings,
  { why: _, ...machine }: BackendRecord,
): Promise<string> {
  const strength = {
    fgsm: { attackSamples },
    pgd: { attackSamples, steps, restarts },
    square: { attackSamples, queries },
  };
  const settings = {
    samples,
    seed,
    ...(task.kind === "attack" && strength[task.name]),
  };
  return textDigest(canonicalJson({ format: FORMAT, task, model, images, settings, machine }));
}

export function textDigest(text: string): Promise<string> {
  return sha256(new TextEncoder().encode(text));
}

function bytesDigest({ buffer, byteOffset, byteLength }: ArrayBufferView): Promise<string> {
  return sha256(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
}
