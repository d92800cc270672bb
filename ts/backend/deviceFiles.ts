/**
 * Files that GPU drivers make on Linux: the kernel's graphics drivers, NVIDIA's, and Windows' when Linux runs inside
 * it.
 */
const FILES = ["/dev/dri", "/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/dev/kfd"];

/**
 * Whether this host certainly has no GPU: it runs Linux, has no device file of a GPU, and names no Vulkan driver in its
 * environment. On such a host a search for adapters finds only software ones, and the drivers that it loads print
 * warnings on standard error.
 */
export function surelyNoGpu(): boolean {
  const host = globalThis.process;
  if (host?.platform !== "linux" || host.env.VK_DRIVER_FILES || host.env.VK_ICD_FILENAMES) {
    return false;
  }
  const fs = host.getBuiltinModule?.("node:fs");
  return fs !== undefined && !FILES.some((file) => fs.existsSync(file));
}

/** Folders in which Vulkan drivers are registered on Linux. */
const DRIVERS = ["/usr/share", "/usr/local/share", "/etc", "/usr/local/etc", "/etc/xdg"].map(
  (folder) => `${folder}/vulkan/icd.d`,
);

/** Whether this host certainly has no adapter, not even a software one. */
export function surelyNoAdapter(): boolean {
  const fs = globalThis.process?.getBuiltinModule?.("node:fs");
  const { XDG_DATA_DIRS, XDG_DATA_HOME, VK_ADD_DRIVER_FILES } = globalThis.process?.env ?? {};
  if (!fs || XDG_DATA_DIRS || XDG_DATA_HOME || VK_ADD_DRIVER_FILES) return false;
  const holds = (folder: string) => fs.existsSync(folder) && fs.readdirSync(folder).length > 0;
  return surelyNoGpu() && !DRIVERS.some(holds);
}
