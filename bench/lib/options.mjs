import { parseArgs } from "node:util";

/** The options and arguments of the command. One that it does not know ends it, with one line and exit code 2. */
export function optionsOf(config) {
  try {
    return parseArgs(config);
  } catch (error) {
    console.error(`${error.message.split(". ")[0]}; the head of the file says what it takes`);
    process.exit(2);
  }
}
