// Makes the initramfs of a virtual machine that runs one file of ours on Node, and nothing else.
// The machine sees the files of the host, read-only, so that neither Node nor its libraries have to be packed.

import { readFileSync } from 'node:fs'
import { type CpioFile, writeCpio } from './cpio.ts'
import { type KernelFiles, loadModules } from './kernel-files.ts'

export interface GuestImage {
  /** Absolute path of what Node runs. */
  readonly main: string
  /** Kernel modules to load, by name; what they depend on comes along. */
  readonly modules: readonly string[]
  /** A folder of the host that can be written to, too: what is written is gone with the machine. */
  readonly writable?: string | undefined
  /** The compile cache of Node, in that folder. */
  readonly compiled?: string | undefined
}

/** What QEMU needs to share the files of the host. */
export const HOST_FILES_ARGS: readonly string[] = [
  '-fsdev',
  'local,id=host,path=/,security_model=none,readonly=on,multidevs=remap',
  '-device',
  'virtio-9p-pci,fsdev=host,mount_tag=host',
]

const HOST_FILES_MODULES = ['virtio-pci', '9pnet_virtio', '9p', 'overlay']

export async function writeGuestImage(target: string, files: KernelFiles, image: GuestImage): Promise<void> {
  const modules = loadModules(files.modules, [...HOST_FILES_MODULES, ...image.modules])
  const init = initScript(
    modules.map((module) => module.name),
    { ...image, busybox: files.busybox },
  )
  await writeCpio(target, [
    ...modules.map((module): CpioFile => ({ path: `/modules/${module.name}.ko`, content: module.content })),
    { path: '/bin/busybox', content: readFileSync(files.busybox), executable: true },
    { path: '/init', content: Buffer.from(init), executable: true },
  ])
}

function initScript(
  modules: readonly string[],
  { main, writable, compiled, busybox }: GuestImage & { readonly busybox: string },
): string {
  return `#!/bin/busybox sh
/bin/busybox mkdir -p /host
${modules.map((name) => `/bin/busybox insmod /modules/${name}.ko`).join('\n')}
/bin/busybox mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 host /host
/bin/busybox mount -t proc none /host/proc
/bin/busybox mount -t sysfs none /host/sys
/bin/busybox mount -t devtmpfs none /host/dev
/bin/busybox mount -t tmpfs none /host/tmp
/bin/busybox mount -t tmpfs none /host/run
${writable === undefined ? '' : overlay(writable)}
# Commands come through the console.
/bin/busybox stty -echo
# The root itself is switched: a process in a chroot may not make namespaces, and so has no jail.
${compiled === undefined ? '' : `export NODE_COMPILE_CACHE='${compiled}'`}
exec /bin/busybox switch_root /host '${busybox}' sh -c "'${process.execPath}' '${main}'; '${busybox}' poweroff -f"
`
}

function overlay(folder: string): string {
  const layers = `lowerdir=/host${folder},upperdir=/host/tmp/upper,workdir=/host/tmp/work`
  return `/bin/busybox mkdir /host/tmp/upper /host/tmp/work
/bin/busybox mount -t overlay overlay -o ${layers} /host${folder}`
}
