import type { Redis } from "ioredis";
import { InputError, RunError, shown } from "../../../errors/errors.js";

/** The two packages that queues need; nothing else does, so they are loaded when a queue is asked for. */
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
 * Connects to a Redis or Valkey server. A connection that is lost later is made again, for as long as it takes.
 * @param say told once of each thing that is wrong with the connection.
 * @throws InputError if `url` is none; RunError if nobody answers there, or not as it should.
 */
export async function connect(url: string, say: (line: string) => void): Promise<Connected> {
  const host = hostOf(url);
  const { bullmq, Redis: Client } = await packages();
  const redis = new Client(url, {
    lazyConnect: true,
    // Blocking calls wait as long as they take, also over a restart of the server.
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
    if (connected && problem) say(`the queue at ${host} is there again`);
    problem = "";
  });
  const patience = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error("no answer")), 5000).unref();
  });
  // A number of a data base that the server does not have is no failure of the connection's.
  const answer = redis.connect().then(() => redis.select(redis.options.db ?? 0));
  try {
    await Promise.race([answer, patience]);
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
  return /^NOAUTH/.test(message) ? "it wants a password, redis://:password@host:port" : message;
}

/** Waits for what may never come once the server is gone, but not for long. */
export async function soon(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, 1000);
  });
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}
