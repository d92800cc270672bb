/** What drivers of GPUs make on Linux: of the kernel's graphics, of NVIDIA and of Windows beneath. */
const FILES = ["/dev/dri", "/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/dev/kfd"];

/**
 * Whether this host surely has no GPU: a Linux without a device file of one, whose Vulkan drivers nobody has named. There
 * a look for adapters finds software alone, and brings up drivers that complain on standard error.
 */
export function surelyNoGpu(): boolean {
  const host = globalThis.process;
  if (host?.platform !== "linux" || host.env.VK_DRIVER_FILES || host.env.VK_ICD_FILENAMES) {
    return false;
  }
  const fs = host.getBuiltinModule?.("node:fs");
  return fs !== undefined && !FILES.some((file) => fs.existsSync(file));
}

/** Where drivers of Vulkan tell of themselves on Linux. */
const DRIVERS = ["/usr/share", "/usr/local/share", "/etc", "/usr/local/etc", "/etc/xdg"].map(
  (folder) => `${folder}/vulkan/icd.d`,
);

/** Whether this host surely has no adapter, software ones included. */
export function surelyNoAdapter(): boolean {
  const fs = globalThis.process?.getBuiltinModule?.("node:fs");
  const { XDG_DATA_DIRS, XDG_DATA_HOME, VK_ADD_DRIVER_FILES } = globalThis.process?.env ?? {};
  if (!fs || XDG_DATA_DIRS || XDG_DATA_HOME || VK_ADD_DRIVER_FILES) return false;
  const holds = (folder: string) => fs.existsSync(folder) && fs.readdirSync(folder).length > 0;
  return surelyNoGpu() && !DRIVERS.some(holds);
}
