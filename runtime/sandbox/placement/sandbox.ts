// Which plugin runs where: a process each up to `maxProcesses`, then the harmless ones share; a standby process is kept warm.
// Invariant: a plugin with a grant that reaches beyond its own data, or with a strike, never shares.

import { GUEST_SCRIPT } from '../../../sdk/protocol/sandbox-control.ts'
import type { SandboxConfig } from '../../config/config.ts'
import type { Log } from '../../log.ts'
import { mayShare } from '../../permissions/may-share.ts'
import { type Jail, NO_JAIL } from '../../processes/jail/jail.ts'
import type { Instance } from '../instance/instance.ts'
import { GuestCode } from '../process/guest-code.ts'
import { SandboxProcess } from '../process/sandbox-process.ts'
import { QueueMemory } from '../runner/queue-memory.ts'
import type { InstanceSpec, KillReason } from '../types.ts'

const WATCH_MS = 50
/** After a start: the first request is answered meanwhile. */
const REFILL_AFTER_MS = 50
/** Instances of one shared process: what one crash can take along. */
const MAX_SHARED = 32

export interface Sandbox {
  /** Starts an instance in the process that it belongs to. `ownProcess` is for plugins with a strike. */
  start(spec: InstanceSpec, options?: { readonly ownProcess?: boolean }): Promise<Instance>
  stop(instance: Instance): void
  /** V8's code cache for a script, made in a process that has run no plugin code. */
  compile(source: Buffer, filename: string): Promise<Uint8Array>
  readonly processes: readonly {
    readonly pid: number
    readonly shared: boolean
    readonly plugins: readonly string[]
  }[]
  /** How often an instance or a process was ended by force since the start, by reason. */
  readonly kills: Readonly<Record<KillReason, number>>
  /** Of the requests that wait, over all plugins. */
  readonly queueMemory: QueueMemory
  close(): Promise<void>
}

export interface SandboxOptions {
  readonly config: SandboxConfig
  /** What a plugin has that asks for no less. */
  readonly memoryMb: number
  /** None by default. */
  readonly jail?: Jail
  /** What sandbox processes run instead of ours: for tests of what a process can do that was taken over. */
  readonly entry?: URL
  /** Where V8's code cache of the guest is kept: nobody else may write there. By default there is none. */
  readonly cacheFolder?: string
  readonly log: Log
}

export function openSandbox(options: SandboxOptions): Sandbox {
  const { config, memoryMb, jail = NO_JAIL, entry, log } = options
  const processes = new Set<SandboxProcess>()
  const homes = new Map<Instance, SandboxProcess>()
  const kills = { memory: 0, processor: 0, catastrophe: 0, protocol: 0, boot: 0, crash: 0 }
  let standby: SandboxProcess | undefined
  /** Kept from the first shared process on: many plugins wait when one of these dies. */
  let sharedSpare: SandboxProcess | undefined
  let isSharing = false
  let starts = 0
  let refilling: NodeJS.Timeout | undefined
  let closed = false

  const spawn = (shared: boolean, warmMb?: number): SandboxProcess => {
    const process = new SandboxProcess({
      ...{ log, warmMb, shared, jail, entry },
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
  const takeSpare = (): SandboxProcess => {
    const taken = standby?.alive ? standby : spawn(false)
    standby = undefined
    return taken
  }
  const takeSharedSpare = (): SandboxProcess => {
    const taken = sharedSpare?.alive ? sharedSpare : spawn(true, memoryMb)
    sharedSpare = undefined
    isSharing = true
    return taken
  }
  /** Who waits for a start is not to share the processors with the start of a standby. */
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
    if (isSharing && !sharedSpare?.alive) sharedSpare = spawn(true, memoryMb)
  }
  const place = (spec: InstanceSpec, ownProcess: boolean): SandboxProcess => {
    const own = [...processes].filter((process) => process.alive && !process.shared && process !== standby)
    if (ownProcess || !mayShare(spec.grants) || own.length < config.maxProcesses) return takeSpare()
    const roomy = [...processes].find(
      (process) =>
        process.alive && process.shared && process !== sharedSpare && process.instances.size < MAX_SHARED,
    )
    return roomy ?? takeSharedSpare()
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
      // An own process served one instance; its memory may hold that plugin's secrets, so it serves no other.
      const closeWhenEmpty = () => {
        if (process.isEmpty && process !== standby && process !== sharedSpare) void process.close()
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
    queueMemory: new QueueMemory(config.maxQueuedBytes),
    close: closeAll,
  }
}
