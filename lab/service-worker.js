/*
 * Keeps the page's own files, so that it opens without a network. It takes nothing from another host. The build puts the
 * list of files and a digest of them in the place of the two words below. A new version waits until no page of the old
 * one is open, because such a page may still ask for its own files.
 */
const FILES = __FILES__;
const NAME = "ninscope-lab-__DIGEST__";

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(NAME)
      .then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "no-cache" })))),
  );
});

self.addEventListener("activate", (event) => {
  const others = (name) => name.startsWith("ninscope-lab-") && name !== NAME;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(others).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  event.respondWith(answer(request));
});

/** The page itself comes from the network while there is one, so that a new version is seen at once. */
async function answer(request) {
  const kept = () => caches.match(request, { ignoreSearch: true, cacheName: NAME });
  if (request.mode !== "navigate") return (await kept()) ?? fetch(request);
  try {
    return await fetch(request);
  } catch (error) {
    const page = (await kept()) ?? (await caches.match("./index.html", { cacheName: NAME }));
    if (page) return page;
    throw error;
  }
}
