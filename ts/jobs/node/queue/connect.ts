import type { Redis } from "ioredis";
import { within } from "../../../async/within.js";
import { InputError, RunError, shown } from "../../../errors/errors.js";

/** Loads the two packages that only queues need. */
async function packages(): Promise<{
  bullmq: typeof import("bullmq");
  Redis: typeof Redis;
}> {
  try {
    return { bullmq: await import("bullmq"), Redis: (await import("ioredis")).Redis };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new InputError("--queue", "--queue needs two packages: npm install bullmq ioredis");
  }
}

export interface Connected {
  readonly bullmq: typeof import("bullmq");
  readonly redis: Redis;
}

/**
 * Connects to a Redis or Valkey server. If the connection is lost later, it reconnects, however long that takes.
 * @param say receives one line about each problem with the connection.
 * @throws InputError if `url` is not valid; RunError if no server answers, or answers with an error.
 */
export async function connect(url: string, say: (line: string) => void): Promise<Connected> {
  const host = hostOf(url);
  const { bullmq, Redis: Client } = await packages();
  const redis = new Client(url, {
    lazyConnect: true,
    // Blocking calls have no time limit, so that they survive a restart of the server.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(100 * times, 2000),
  });
  let problem = "";
  let connected = false;
  redis.on("error", (error: Error) => {
    if (connected && error.message !== problem) say(`the queue at ${host}: ${error.message}`);
    problem = error.message;
  });
  redis.on("ready", () => {
    if (connected && problem) say(`the queue at ${host} is connected again`);
    problem = "";
  });
  // The connection does not fail if the URL selects a database that the server does not have.
  const answer = redis.connect().then(() => redis.select(redis.options.db ?? 0));
  try {
    await within(5, answer, "no answer");
  } catch (cause) {
    redis.disconnect();
    throw new RunError(`no queue at ${host}: ${reason(problem || (cause as Error).message)}`, {
      cause,
    });
  }
  connected = true;
  return { bullmq, redis };
}

function hostOf(url: string): string {
  const valid = /^rediss?:\/\/[^/]/.test(url) && URL.canParse(url);
  if (valid) return new URL(url).host;
  throw new InputError("--queue", `--queue is ${shown(url)}: takes redis://host:port`);
}

function reason(message: string): string {
  return /^NOAUTH/.test(message)
    ? "the server needs a password, redis://:password@host:port"
    : message;
}

/** Waits for a reply, but only for a limited time: without the server it never comes. */
export async function soon(work: Promise<unknown>): Promise<void> {
  await within(1, work, "no answer").catch(() => {});
}
