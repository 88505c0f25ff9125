// Finds what a virtual machine is booted from: QEMU, Debian's stock kernel with its modules, a busybox.
// The kernel may be installed, or unpacked (dpkg -x) into a folder that PLUGBAY_TEST_KERNEL_ROOT names.

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'

export interface KernelFiles {
  readonly qemu: string
  readonly kernel: string
  /** `…/lib/modules/<version>` */
  readonly modules: string
  readonly busybox: string
}

/** The files, or the sentence that says what is missing. */
export function findKernelFiles(): KernelFiles | string {
  const root = process.env.PLUGBAY_TEST_KERNEL_ROOT ?? '/'
  const qemu = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'qemu-system-x86_64'))
    .find((path) => existsSync(path))
  if (process.arch !== 'x64' || process.platform !== 'linux')
    return 'The virtual machine runs the binaries of Linux on x64'
  if (qemu === undefined) return 'There is no qemu-system-x86_64 (Debian package qemu-system-x86)'
  const kernel = findKernel(root)
  if (kernel === undefined)
    return `There is no kernel with its modules below "${root}" (Debian package linux-image-amd64)`
  const busybox = [join(root, 'bin/busybox'), '/bin/busybox', '/usr/bin/busybox'].find((path) =>
    existsSync(path),
  )
  if (busybox === undefined) return 'There is no busybox (Debian package busybox-static)'
  return { qemu, busybox, ...kernel }
}

function findKernel(root: string): Pick<KernelFiles, 'kernel' | 'modules'> | undefined {
  const boot = join(root, 'boot')
  if (!existsSync(boot)) return undefined
  return readdirSync(boot)
    .filter((name) => name.startsWith('vmlinuz-'))
    .map((name) => ({
      kernel: join(boot, name),
      modules: join(root, 'lib/modules', name.slice('vmlinuz-'.length)),
    }))
    .findLast((found) => existsSync(join(found.modules, 'kernel')))
}

export interface KernelModule {
  readonly name: string
  readonly content: Uint8Array
}

/**
 * The modules of these names and what they depend on, in the order in which they must be loaded.
 * Names that are built into the kernel, or that it does not have, are left out.
 */
export function loadModules(folder: string, names: readonly string[]): readonly KernelModule[] {
  const files = new Map<string, string>()
  for (const entry of readdirSync(join(folder, 'kernel'), { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) files.set(moduleName(entry.name), join(entry.parentPath, entry.name))
  }
  const ordered = new Map<string, KernelModule>()
  const add = (name: string): void => {
    const file = files.get(name)
    if (file === undefined || ordered.has(name)) return
    const content = readModule(file)
    for (const dependency of dependenciesOf(content)) add(moduleName(dependency))
    ordered.set(name, { name, content })
  }
  for (const name of names) add(moduleName(name))
  return [...ordered.values()]
}

function moduleName(file: string): string {
  return basename(file)
    .replace(/\.ko(\.xz)?$/, '')
    .replaceAll('-', '_')
}

function readModule(file: string): Buffer {
  return file.endsWith('.xz')
    ? execFileSync('xz', ['-dc', file], { maxBuffer: 64_000_000 })
    : readFileSync(file)
}

/** A module names them in its section .modinfo: `depends=usbcore,scsi_mod`. */
function dependenciesOf(content: Buffer): readonly string[] {
  const start = content.indexOf('\0depends=')
  if (start < 0) return []
  const value = content
    .subarray(start + '\0depends='.length, content.indexOf('\0', start + 1))
    .toString('latin1')
  return value === '' ? [] : value.split(',')
}
