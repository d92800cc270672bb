import { open, realpath } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, sep } from "node:path";
import { InputError, RunError } from "../../errors/errors.js";

/** The page's own policy, and that no other page may frame it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  // A figure becomes a PNG by way of an address of the page's own.
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
} as const;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Only this host reaches the server. */
const HOST = "127.0.0.1";

export interface PageServer {
  readonly url: string;
  /** Ends the server and its connections. */
  close(): Promise<void>;
}

/**
 * Serves the files of a folder on this host alone. Nothing outside the folder can be read, nor anything of a type that
 * the page does not consist of.
 * @param port the port to take; if another program has it, a free one is taken. 0: any free one.
 * @throws RunError if the folder does not hold a page.
 */
export async function servePage(folder: string, port: number): Promise<PageServer> {
  const root = await realpath(folder).catch(() => null);
  if (root === null || (await fileAt(root, "/")) === null) {
    throw new RunError(`the page is not in ${folder}: build it with npm run build`);
  }
  const server = createServer((request, answer) => {
    reply(root, request, answer).catch(() => answer.destroy());
  });
  await listening(server, port).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === "EACCES") {
      throw new InputError(
        "--port",
        `--port is ${port}: this user may not take it; takes a port from 1024 on`,
      );
    }
    if (error.code !== "EADDRINUSE")
      throw new RunError(`no server could be started: ${error.message}`);
    await listening(server, 0);
  });
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function reply(
  root: string,
  request: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  const { method = "", url = "/" } = request;
  const end = (status: number, text: string) => {
    answer.writeHead(status, { ...HEADERS, "content-type": "text/plain; charset=utf-8" });
    answer.end(method === "HEAD" ? undefined : `${text}\n`);
  };
  // Another name that leads here (DNS rebinding) would let another site read the answers.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? "")) {
    return end(421, "this server is 127.0.0.1");
  }
  if (method !== "GET" && method !== "HEAD") return end(405, "takes GET or HEAD");
  const found = await fileAt(root, url);
  if (found === null) return end(404, "no such file");
  const lasting = found.path.includes(`${sep}assets${sep}`);
  answer.writeHead(200, {
    ...HEADERS,
    "content-type": found.type,
    "content-length": found.bytes.length,
    // The names of assets hold a digest of what is in them.
    "cache-control": lasting ? "public, max-age=31536000, immutable" : "no-cache",
  });
  answer.end(method === "HEAD" ? undefined : found.bytes);
}

interface Found {
  readonly path: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** The file that the path of a request names; null if there is none in the folder. */
async function fileAt(root: string, url: string): Promise<Found | null> {
  const wanted = pathOf(url);
  if (wanted === null) return null;
  const type = TYPES[extname(wanted)];
  // Where symbolic links lead is decided before the file is opened.
  const path = await realpath(join(root, wanted)).catch(() => null);
  if (!type || path === null || !path.startsWith(root + sep)) return null;
  const handle = await open(path, "r").catch(() => null);
  if (handle === null) return null;
  try {
    return (await handle.stat()).isFile() ? { path, type, bytes: await handle.readFile() } : null;
  } finally {
    await handle.close();
  }
}

/** A request's path, decoded once; null if it could mean anything but a plain path downwards. */
function pathOf(url: string): string | null {
  const [path] = url.split(/[?#]/);
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return null;
  }
  if (decoded === "/") return "index.html";
  const parts = decoded.split("/").slice(1);
  const isPlain = parts.every((part) => /^[\w-][\w.-]*$/.test(part));
  return decoded.startsWith("/") && isPlain ? parts.join("/") : null;
}
