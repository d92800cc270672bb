import { InputError } from "../../ts/errors/errors.js";
import { FIRST_STATE, type LabState, parseState, shortState } from "./labState.js";

/** Tells a later version of the page how to read the link. */
const VERSION = "1.";
/** Far more than any state takes. It is checked before anything is decoded. */
const MOST_CHARACTERS = 16_384;

/** A state as the fragment of a URL, without the `#`; empty for the first state. */
export function fragmentOf(state: LabState): string {
  const short = shortState(state);
  if (Object.keys(short).length === 0) return "";
  const bytes = new TextEncoder().encode(JSON.stringify(short));
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return VERSION + text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * The state that a fragment names.
 * @throws InputError that says what is wrong with the link.
 */
export function stateOf(fragment: string): LabState {
  const text = fragment.startsWith("#") ? fragment.slice(1) : fragment;
  if (text === "") return FIRST_STATE;
  if (text.length > MOST_CHARACTERS) {
    throw broken(`is ${text.length} characters long: takes at most ${MOST_CHARACTERS}`);
  }
  if (!text.startsWith(VERSION)) {
    throw broken(`does not begin with "${VERSION}": takes a link that this page made`);
  }
  return parseState(jsonIn(text.slice(VERSION.length)));
}

function jsonIn(text: string): unknown {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw broken("cannot be read: part of it is missing or was changed");
  }
}

function broken(why: string): InputError {
  return new InputError("link", `the link's part after # ${why}`);
}
