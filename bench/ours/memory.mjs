/** Loads kernels that record the memory, in bytes, of their largest instance. */
export function watched(kernels) {
  const instances = [];
  const watching = {
    ...kernels,
    instantiate() {
      const instance = kernels.instantiate();
      instances.push(instance);
      return instance;
    },
  };
  const bytes = () => Math.max(...instances.map(({ memory }) => memory.buffer.byteLength));
  return { watching, bytes };
}
