// Places plugins in processes: one process each up to `maxProcesses`, then the harmless ones share; a standby process is kept
// warm.
// Invariant: a plugin with a grant that reaches beyond its own data, or with a strike, never shares.

import { GUEST_SCRIPT } from '../../../sdk/protocol/sandbox-control.ts'
import type { SandboxConfig } from '../../config/config.ts'
import type { Log } from '../../log.ts'
import { mayShare } from '../../permissions/may-share.ts'
import { type Jail, NO_JAIL } from '../../processes/jail/jail.ts'
import type { Instance } from '../instance/instance.ts'
import { GuestCode } from '../process/guest-code.ts'
import { MAX_SHARED } from '../process/pool-threads.ts'
import { SandboxProcess } from '../process/sandbox-process.ts'
import { QueueMemory } from '../runner/queue-memory.ts'
import type { InstanceSpec, KillReason } from '../types.ts'

const WATCH_MS = 50
/** Delay after a start, so that the first request goes first. */
const REFILL_AFTER_MS = 50

export interface Sandbox {
  /** Starts an instance in the right process. `ownProcess` is for plugins with a strike. */
  start(spec: InstanceSpec, options?: { readonly ownProcess?: boolean }): Promise<Instance>
  stop(instance: Instance): void
  /** V8's code cache for a script, made in a process that has run no plugin code. */
  compile(source: Buffer, filename: string): Promise<Uint8Array>
  readonly processes: readonly {
    readonly pid: number
    readonly shared: boolean
    readonly plugins: readonly string[]
  }[]
  /** Number of instances and processes killed since the start, by reason. */
  readonly kills: Readonly<Record<KillReason, number>>
  /** In tests of plugins: sets the clock of all isolates, and resolves with the time when the next timer of one is due. */
  setClock(aheadMs: number): Promise<number | undefined>
  /** Memory of the waiting requests of all plugins. */
  readonly queueMemory: QueueMemory
  close(): Promise<void>
}

export interface SandboxOptions {
  readonly config: SandboxConfig
  /** Memory limit of a plugin that does not ask for less. */
  readonly memoryMb: number
  /** None by default. */
  readonly jail?: Jail
  /** Replaces the entry module of sandbox processes: for tests of what a compromised process can do. */
  readonly entry?: URL
  /** Folder for V8's code cache of the guest, which no other user may write to. No cache by default. */
  readonly cacheFolder?: string
  readonly log: Log
  /** In tests of plugins: how far the clock of an isolate is ahead of the machine's when it is loaded. */
  readonly clockAheadMs?: (() => number) | undefined
}

export function openSandbox(options: SandboxOptions): Sandbox {
  const { config, memoryMb, jail = NO_JAIL, entry, log } = options
  const processes = new Set<SandboxProcess>()
  const homes = new Map<Instance, SandboxProcess>()
  const kills = { memory: 0, cpu: 0, catastrophe: 0, protocol: 0, boot: 0, crash: 0 }
  let standby: SandboxProcess | undefined
  /** Kept from the first shared process on, because many plugins wait when one of these dies. */
  let sharedStandby: SandboxProcess | undefined
  let isSharing = false
  let starts = 0
  let refilling: NodeJS.Timeout | undefined
  let closed = false

  const spawn = (shared: boolean, warmMb?: number): SandboxProcess => {
    const process = new SandboxProcess({
      ...{ log, warmMb, shared, jail, entry, clockAheadMs: options.clockAheadMs },
      guest: guest.bundle,
      onExit: (gone) => processes.delete(gone),
      onKill: (reason) => {
        kills[reason]++
      },
      onGuestRejected: () => guest.rejected(),
    })
    processes.add(process)
    return process
  }
  const takeStandby = (): SandboxProcess => {
    const taken = standby?.alive ? standby : spawn(false)
    standby = undefined
    return taken
  }
  const takeSharedStandby = (): SandboxProcess => {
    const taken = sharedStandby?.alive ? sharedStandby : spawn(true, memoryMb)
    sharedStandby = undefined
    isSharing = true
    return taken
  }
  /** Starting a standby must not take CPU from the start that a request waits for. */
  const whileStarting = (start: Promise<unknown>) => {
    starts++
    clearTimeout(refilling)
    const done = () => {
      if (--starts === 0 && !closed) refilling = setTimeout(refill, REFILL_AFTER_MS)
    }
    start.then(done, done)
  }
  const refill = () => {
    guest.ensure()
    if (!standby?.alive) standby = spawn(false, memoryMb)
    if (isSharing && !sharedStandby?.alive) sharedStandby = spawn(true, memoryMb)
  }
  const place = (spec: InstanceSpec, ownProcess: boolean): SandboxProcess => {
    const own = [...processes].filter((process) => process.alive && !process.shared && process !== standby)
    if (ownProcess || !mayShare(spec.grants) || own.length < config.maxProcesses) return takeStandby()
    const roomy = [...processes].find(
      (process) =>
        process.alive && process.shared && process !== sharedStandby && process.instances.size < MAX_SHARED,
    )
    return roomy ?? takeSharedStandby()
  }

  const watch = setInterval(() => {
    const now = performance.now()
    for (const process of processes) process.watch(now)
  }, WATCH_MS)

  const closeAll = async (): Promise<void> => {
    closed = true
    clearInterval(watch)
    clearTimeout(refilling)
    await Promise.all([...processes].map((process) => process.close()))
  }

  const compile = async (source: Buffer, filename: string): Promise<Uint8Array> => {
    const process = spawn(false)
    try {
      return await process.compile(source, filename)
    } finally {
      await process.close()
    }
  }
  const guest = new GuestCode({
    folder: options.cacheFolder,
    compile: (source) => compile(source, GUEST_SCRIPT),
    log,
  })
  standby = spawn(false, memoryMb)

  return {
    async start(spec, { ownProcess = false } = {}) {
      const process = place(spec, ownProcess)
      // An own process served one instance; its memory may hold secrets of that plugin, so it is never reused for another.
      const closeWhenEmpty = () => {
        if (process.isEmpty && process !== standby && process !== sharedStandby) void process.close()
      }
      const loading = process.load(spec)
      whileStarting(loading.then(({ loaded }) => loaded))
      try {
        const instance = await loading
        homes.set(instance, process)
        instance.onEnded(() => {
          homes.delete(instance)
          closeWhenEmpty()
        })
        return instance
      } catch (error) {
        closeWhenEmpty()
        throw error
      }
    },
    stop(instance) {
      homes.get(instance)?.unload(instance)
    },
    compile,
    get processes() {
      return [...processes].map((process) => ({
        pid: process.pid,
        shared: process.shared,
        plugins: [...process.instances.values()].map(({ spec }) => spec.pluginId),
      }))
    },
    kills,
    async setClock(aheadMs) {
      const found = await Promise.all([...processes].map((process) => process.setClock(aheadMs)))
      const dueAt = found.filter((at) => at !== undefined)
      return dueAt.length === 0 ? undefined : Math.min(...dueAt)
    },
    queueMemory: new QueueMemory(config.maxQueuedBytes),
    close: closeAll,
  }
}
