import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * A contestant in its own process. It prints `{"ready": {...}}` after its set-up, then answers each line with one line, and
 * sleeps in between. Other output is ignored.
 */
export class Side {
  #child;
  #waiting = null;
  #failure = null;
  #said = "";
  /** What the contestant reported about itself. */
  ready = null;

  /** @throws Error with the contestant's last message if it does not get ready. */
  static async start({ command, args, env }, seconds) {
    const side = new Side();
    side.#spawn(command, args, env);
    side.ready = (await side.#answer(seconds)).ready;
    return side;
  }

  /** @throws Error if the contestant fails, or takes longer than `seconds`. */
  request(message, seconds) {
    if (this.#failure) throw this.#failure;
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
    return this.#answer(seconds);
  }

  end() {
    this.#child.stdin.end();
  }

  #spawn(command, args, env) {
    this.#child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      const message = parsed(line);
      if (message?.error) this.#fail(message.error);
      else if (message) this.#waiting?.resolve(message);
    });
    this.#child.stderr.on("data", (chunk) => {
      this.#said = `${this.#said}${chunk}`.slice(-4000);
    });
    this.#child.stdin.on("error", () => {});
    this.#child.on("error", (error) => this.#fail(error.message));
    this.#child.on("close", (code) =>
      this.#fail(reason(this.#said) ?? `it ended with code ${code}`),
    );
  }

  async #answer(seconds) {
    if (this.#failure) throw this.#failure;
    let timer;
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting = { resolve, reject };
        timer = setTimeout(() => {
          this.#fail(`no answer within ${seconds} s`);
          this.#child.kill("SIGKILL");
        }, 1000 * seconds);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting = null;
    }
  }

  #fail(message) {
    this.#failure ??= new Error(message);
    this.#waiting?.reject(this.#failure);
  }
}

function parsed(line) {
  if (!line.startsWith("{")) return null;
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** The line of a dead contestant's output that gives the reason. */
function reason(text) {
  const lines = text.trim().split("\n");
  const line = lines.findLast((one) => /error/i.test(one)) ?? lines.at(-1);
  return line.trim() || null;
}
