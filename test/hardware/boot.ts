// Boots a virtual machine for one test, and reads what the program in it says.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { bundlePath } from '../../runtime/bundles/bundle.ts'
import { cacheFolder } from '../../runtime/bundles/cache-folder.ts'
import { CHILD_NAMES, childBundle } from '../../runtime/bundles/children.ts'
import { guestBundle } from '../../runtime/bundles/guest-bundle.ts'
import { compileImports } from './compile-cache.ts'
import { HOST_FILES_ARGS, writeGuestImage } from './guest-image.ts'
import { findKernelFiles } from './kernel-files.ts'
import { type Machine, startMachine } from './machine.ts'

interface Guest {
  /** The file of `guest/` that runs in it. */
  readonly main: string
  /** Kernel modules. */
  readonly modules: readonly string[]
  /** More arguments for QEMU: devices. */
  readonly args: readonly string[]
  /** As for a machine. */
  readonly countsInstructions?: boolean
}

export interface Booted extends Pick<Machine, 'monitor' | 'unplug' | 'stop'> {
  /** What the program says next under this name. */
  said<T>(event: string): Promise<T>
  /** What a command of the program answers, one after the other; rejects when it fails there. */
  ask<T = null>(command: string, args?: Readonly<Record<string, unknown>>): Promise<T>
}

/** Makes here what the machine would take minutes for. Returns the folder of it. */
function madeBundles(): string | undefined {
  for (const name of CHILD_NAMES) bundlePath(childBundle(name))
  guestBundle()
  return cacheFolder()
}

/** Undefined where there is no virtual machine: the test is skipped then, or fails where it must not be. */
export async function boot(
  t: TestContext,
  { main, modules, args, countsInstructions = false }: Guest,
): Promise<Booted | undefined> {
  const files = findKernelFiles()
  if (typeof files === 'string') {
    if (process.env.CI === 'true') assert.fail(files)
    t.skip(files)
    return undefined
  }
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-qemu-'))
  let machine: Machine | undefined
  t.after(async () => {
    await machine?.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const initramfs = join(folder, 'initramfs')
  const program = fileURLToPath(new URL(`guest/${main}`, import.meta.url))
  const writable = madeBundles()
  const compiled = writable && join(writable, 'compiled')
  if (compiled !== undefined) compileImports(program, compiled)
  await writeGuestImage(initramfs, files, { main: program, modules, writable, compiled })
  const started = await startMachine(files, {
    initramfs,
    monitor: join(folder, 'monitor'),
    args: [...HOST_FILES_ARGS, ...args],
    countsInstructions,
  })
  machine = started
  return speakWith(started)
}

function speakWith(machine: Machine): Booted {
  let asked = 0
  async function said<T>(event: string): Promise<T> {
    // The kernel writes to the same console, at times into the middle of a line of its own.
    const line = await machine.line((each) => each.includes(`PROBE {"event":"${event}"`))
    return (JSON.parse(line.slice(line.indexOf('{'))) as { readonly detail: T }).detail
  }
  return {
    monitor: machine.monitor,
    unplug: machine.unplug,
    stop: machine.stop,
    said,
    async ask<T>(command: string, args: Readonly<Record<string, unknown>> = {}) {
      const id = ++asked
      machine.send(JSON.stringify({ id, command, args }))
      const answer = await said<{ readonly result?: T; readonly error?: string }>(`answer ${id}`)
      if (answer.error !== undefined) throw new Error(`"${command}" in the machine: ${answer.error}`)
      return answer.result as T
    },
  }
}
