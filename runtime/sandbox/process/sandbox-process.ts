// One sandbox process and the instances in it: loads, unloads, and watches that the process yields and keeps to its memory.
// The deadline that counts is here, outside the process: plain JavaScript can make an isolate uninterruptible.
// Invariant: a process that does not yield within the processor budget of its instances, or outgrows its memory, is killed.

import type { Channel } from '../../../sdk/protocol/channel.ts'
import type { BootConfig } from '../../../sdk/protocol/guest-boot.ts'
import type { ControlCall, LoadCall, SlotEvent } from '../../../sdk/protocol/sandbox-control.ts'
import { childEntry, sourceEntry } from '../../bundles/children.ts'
import type { Log } from '../../log.ts'
import type { Child, ChildExit } from '../../processes/child.ts'
import type { Jail } from '../../processes/jail/jail.ts'
import { connect } from '../../processes/link.ts'
import { lowerPriority } from '../../processes/niceness.ts'
import { Instance } from '../instance/instance.ts'
import { parseControlEvent, parsePingReply } from '../instance/parse-guest-messages.ts'
import { type BackendCode, InstanceFailure, type InstanceSpec, type KillReason } from '../types.ts'
import { type Blame, lostWith, suspectsOf } from './blame.ts'
import { CpuPriority } from './cpu-priority.ts'
import { CpuShares } from './cpu-shares.ts'

export interface GuestBundle {
  readonly source: Buffer
  readonly cache: Buffer | undefined
}

export interface SandboxProcessOptions {
  readonly log: Log
  readonly guest: GuestBundle
  /** Memory of the isolate that the process makes ready for its first instance; absent: none. */
  readonly warmMb?: number | undefined
  readonly shared: boolean
  readonly jail: Jail
  /** The module that the process runs: runtime/isolate/main by default. */
  readonly entry?: URL | undefined
  readonly onExit: (process: SandboxProcess) => void
  /** Something was ended by force, or ended by itself. */
  readonly onKill: (reason: KillReason) => void
  /** V8 did not take the code cache of the guest. */
  readonly onGuestRejected: () => void
}

const main = childEntry('sandbox')
/** Far more than a process needs on a machine that has anything left. */
const BOOT_MS = 30_000
const PING_EVERY_MS = 250
const GRACE_MS = 250
/** Part of a plugin's memory that messages may take which visitors do not read. */
const SOCKET_SHARE = 4
/** How long after its time limit a run in a shared process may take to end. */
const STUCK_MS = 1000
/** Resident memory of an empty sandbox process, generously. */
const BASE_BYTES = 160 * 1024 * 1024

export class SandboxProcess {
  readonly shared: boolean
  readonly instances = new Map<number, Instance>()
  readonly #child: Child
  readonly #control: Channel
  /** Never rejects: a process that does not boot is killed. */
  readonly #booted: Promise<void>
  readonly #startedAt = performance.now()
  readonly #onKill: (reason: KillReason) => void
  readonly #onGuestRejected: () => void
  readonly #ignored: (frames?: number) => void
  readonly #shares: CpuShares
  readonly #standing = new CpuPriority(
    { cpuMs: () => this.#child.cpuMs(), isRunnable: () => this.#child.isRunnable() },
    (niceness) => void lowerPriority(this.#child.pid, niceness),
  )
  #isBooted = false
  #nextSlot = 1
  #loads = 0
  #ping: { readonly sent: number; readonly cpuMs: number | undefined } | undefined
  #lastPing = 0
  #killedAs: InstanceFailure | undefined

  constructor(options: SandboxProcessOptions) {
    this.shared = options.shared
    this.#onKill = options.onKill
    this.#onGuestRejected = options.onGuestRejected
    this.#shares = new CpuShares(options.shared)
    const { child, channel, ignored } = connect({
      name: 'sandbox',
      entry: options.entry === undefined ? main() : sourceEntry(options.entry),
      rights: { addons: true, noSnapshot: true },
      jail: options.jail,
      log: options.log,
      onSlotFrame: (kind, slot, id, head, body) => this.#receive(kind, slot, id, head, body),
      onEvent: (head) => this.#receiveEvent(head),
      refuse: (reason) => this.#refuse(reason),
      onExit: (exit) => {
        this.#ended(exit)
        options.onExit(this)
      },
    })
    this.#child = child
    this.#control = channel
    this.#ignored = ignored
    const { source, cache } = options.guest
    const booting = this.#request(
      { m: 'boot', sourceBytes: source.length, warmMb: options.warmMb },
      cache === undefined ? source : Buffer.concat([source, cache]),
    )
    this.#booted = booting.then(
      () => {
        this.#isBooted = true
      },
      (error: unknown) =>
        this.kill(
          new InstanceFailure('GUEST_CRASHED', `The sandbox process did not boot: ${String(error)}`, {
            reason: 'boot',
          }),
        ),
    )
  }

  get pid(): number {
    return this.#child.pid
  }

  get alive(): boolean {
    return this.#child.alive && this.#killedAs === undefined
  }

  /** Whether no instance runs here, and none is about to. */
  get isEmpty(): boolean {
    return this.instances.size === 0 && this.#loads === 0
  }

  /** Compiles a script without running it; resolves with V8's code cache. */
  async compile(source: Buffer, filename: string): Promise<Uint8Array> {
    return (await this.#request({ m: 'compile', filename }, source)) ?? new Uint8Array(0)
  }

  /** Starts an instance. `loaded` of the result settles when the plugin's module has run. */
  async load(spec: InstanceSpec): Promise<Instance> {
    const { source, cache } = await this.#codeOf(spec)
    const slot = this.#nextSlot++
    if (this.instances.size === 0) this.#shares.begin(this.#child.cpuMs())
    const instance = new Instance(spec, {
      slot,
      shared: this.shared,
      send: (kind, id, head, body) => this.#child.send(kind, slot, id, head, body),
      onViolation: (reason) => this.#refuse(reason),
      onIgnored: (frames) => this.#ignored(frames),
    })
    this.instances.set(slot, instance)
    if (!this.alive) {
      this.#drop(
        instance,
        this.#killedAs ?? new InstanceFailure('GUEST_CRASHED', 'The sandbox process ended'),
      )
      return instance
    }
    const config: BootConfig = {
      pluginId: spec.pluginId,
      version: spec.version,
      grants: spec.grants,
      settings: spec.settings,
      secrets: spec.secrets,
      maxHostCalls: spec.limits.maxHostCalls,
      maxTimers: spec.limits.maxTimers,
      maxSocketMessageBytes: spec.limits.maxSocketMessageBytes,
      socketBufferBytes: (spec.limits.memoryMb * 1024 * 1024) / SOCKET_SHARE,
      sqliteVersion: process.versions.sqlite ?? '',
    }
    const call: LoadCall = {
      m: 'load',
      slot,
      memoryMb: spec.limits.memoryMb,
      runMs: spec.limits.cpuMs,
      logLinesPerSecond: spec.limits.logLinesPerSecond,
      shared: this.shared,
      config,
      sourceBytes: source.length,
    }
    this.#request(call, cache === undefined ? source : Buffer.concat([source, cache])).catch(
      (error: unknown) => {
        const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
        this.#drop(
          instance,
          new InstanceFailure('LOAD_FAILED', message, { report: { name, message, stack: stack ?? '' } }),
        )
      },
    )
    return instance
  }

  /** What the process itself needs to boot is no time of the plugin's. */
  async #codeOf(spec: InstanceSpec): Promise<BackendCode> {
    this.#loads++
    try {
      const [code] = await Promise.all([spec.code(), this.#booted])
      return code
    } finally {
      this.#loads--
    }
  }

  /** Disposes of the isolate. What is open fails with GUEST_CRASHED. */
  unload(instance: Instance): void {
    this.#drop(instance, new InstanceFailure('GUEST_CRASHED', 'The instance was stopped'))
  }

  /** @param culprit the instance that is known to be the reason; the others are told that they are bystander */
  kill(failure: InstanceFailure, culprit?: Instance): void {
    if (!this.alive) return
    this.#killedAs = failure
    if (failure.reason !== undefined) this.#onKill(failure.reason)
    this.#chargeRest()
    this.#child.kill(failure.message)
    this.#endAll(failure, { culprit, ofMemory: failure.reason === 'memory' })
  }

  async close(): Promise<void> {
    this.kill(new InstanceFailure('GUEST_CRASHED', 'The runtime is closing'))
    await this.#child.exited
  }

  /** Called by the owner at least every 100 ms: deadlines, yielding, memory. */
  watch(now: number): void {
    if (!this.alive) return
    if (!this.#isBooted && now - this.#startedAt > BOOT_MS)
      return this.kill(
        new InstanceFailure('GUEST_CRASHED', 'The sandbox process did not boot in time', { reason: 'boot' }),
      )
    if (this.instances.size === 0) return
    for (const instance of this.instances.values()) instance.checkDeadlines(now)
    this.#standing.look(now)
    this.#watchMemory()
    this.#watchYielding(now)
  }

  #watchMemory(): void {
    let allowed = BASE_BYTES
    for (const { spec } of this.instances.values()) allowed += 2 * spec.limits.memoryMb * 1024 * 1024
    const resident = this.#child.residentBytes()
    if (resident <= allowed) return
    const megabytes = Math.round(resident / 1_048_576)
    this.kill(
      new InstanceFailure('GUEST_CRASHED', `The sandbox process used ${megabytes} MB of memory`, {
        reason: 'memory',
      }),
    )
  }

  #watchYielding(now: number): void {
    if (this.#ping === undefined) {
      if (now - this.#lastPing >= PING_EVERY_MS) this.#sendPing(now)
      return
    }
    const budget = Math.max(...[...this.instances.values()].map(({ spec }) => spec.limits.cpuMs))
    const silent = now - this.#ping.sent
    if (silent < budget + GRACE_MS) return
    // On a busy machine a process may be silent for want of a processor: then it has not used its budget.
    const used = (this.#child.cpuMs() ?? Number.POSITIVE_INFINITY) - (this.#ping.cpuMs ?? 0)
    if (used < 0.8 * budget && silent < 8 * budget) return
    this.kill(
      new InstanceFailure('GUEST_DEADLINE', `The plugin did not yield for ${Math.round(silent)} ms`, {
        reason: 'processor',
      }),
    )
  }

  #sendPing(now: number): void {
    this.#lastPing = now
    const ping = { sent: now, cpuMs: this.#child.cpuMs() }
    this.#ping = ping
    this.#control.call(JSON.stringify({ m: 'ping' } satisfies ControlCall), undefined, {
      reply: (head) => {
        if (this.#ping === ping) this.#ping = undefined
        this.#takeFigures(head, ping.cpuMs)
      },
      error: () => {
        if (this.#ping === ping) this.#ping = undefined
      },
    })
  }

  #takeFigures(head: string, cpuMs: number | undefined): void {
    const slots = parsePingReply(head)
    if (slots === undefined) return this.#refuse('malformed figures')
    const used = this.#shares.divide(slots, cpuMs)
    for (const [index, told] of slots.entries()) {
      const instance = this.instances.get(told.slot)
      if (instance === undefined) continue
      const overspent = instance.report(told, used[index] ?? 0)
      // The process has tried to end that run, and failed: its thread is lost.
      if (Number(told.runMs) > instance.spec.limits.cpuMs + STUCK_MS) {
        const message = `The plugin could not be interrupted for ${Math.round(told.runMs)} ms`
        return this.kill(new InstanceFailure('GUEST_DEADLINE', message, { reason: 'processor' }), instance)
      }
      // A run over its time limit is being ended already: to dispose of an isolate that cannot be would stop the process.
      const isEnding = Number(told.runMs) > instance.spec.limits.cpuMs
      if (overspent !== undefined && !isEnding) this.#drop(instance, overspent)
    }
  }

  /** The last look at a process that is about to end: who was alone in it has used all of the rest. */
  #chargeRest(): void {
    const [instance] = this.instances.values()
    if (this.shared || instance === undefined) return
    instance.charge(this.#shares.rest(this.#child.cpuMs()), performance.now())
  }

  #receive(kind: number, slot: number, id: number, head: string, body: Uint8Array | undefined): void {
    const instance = this.instances.get(slot)
    if (instance === undefined) this.#ignored()
    else instance.receive(kind, id, head, body)
  }

  #refuse(reason: string): void {
    if (!this.alive) return
    this.#child.refuse(reason)
    this.kill(new InstanceFailure('GUEST_CRASHED', `Protocol violation: ${reason}`, { reason: 'protocol' }))
  }

  #receiveEvent(head: string): void {
    const event = parseControlEvent(head)
    if (event === undefined) return this.#refuse('malformed event on the control channel')
    if (event.e === 'slot-failed') return this.#receiveFailure(event)
    if (event.e === 'guest-rejected') {
      this.#onGuestRejected()
      return this.#ignored()
    }
    for (const [slot, instance] of this.instances) instance.isRunning = event.slots.includes(slot)
    // An honest process says so far less often than it may waste frames.
    this.#ignored()
  }

  #receiveFailure({ slot, code, message, isCatastrophic }: SlotEvent): void {
    const instance = this.instances.get(slot)
    if (instance === undefined) return this.#ignored()
    const { limits, meter } = instance.spec
    if (isCatastrophic) {
      this.#drop(instance, new InstanceFailure(code, message, { reason: 'catastrophe' }))
      return this.kill(new InstanceFailure('GUEST_CRASHED', 'An isolate of the process failed'), instance)
    }
    if (code === 'GUEST_DEADLINE') {
      const late = `The plugin did not yield for ${limits.cpuMs} ms`
      return this.#drop(instance, new InstanceFailure(code, late, { reason: 'processor' }))
    }
    // It ends too soon after its last figures to show in them.
    meter.reach(limits.memoryMb * 1024 * 1024)
    const large = `The plugin used more than ${limits.memoryMb} MB of memory`
    this.#drop(instance, new InstanceFailure(code, large, { reason: 'memory' }))
  }

  #drop(instance: Instance, failure: InstanceFailure): void {
    if (!this.instances.delete(instance.slot)) return
    if (failure.reason !== undefined) this.#onKill(failure.reason)
    instance.end(failure)
    if (this.alive) void this.#request({ m: 'unload', slot: instance.slot }).catch(() => undefined)
  }

  #request(call: ControlCall, body?: Buffer): Promise<Uint8Array | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | undefined>()
    this.#control.call(JSON.stringify(call), body, {
      reply: (_head, replyBody) => resolve(replyBody),
      error({ name, message, stack }) {
        const error = new Error(message)
        error.name = name ?? 'Error'
        if (stack !== undefined) error.stack = stack
        reject(error)
      },
    })
    return promise
  }

  #ended(exit: ChildExit): void {
    const failure =
      this.#killedAs ??
      new InstanceFailure('GUEST_CRASHED', `The sandbox process ended (${exit.signal ?? exit.code})`, {
        reason: 'crash',
      })
    if (this.#killedAs === undefined) this.#onKill('crash')
    this.#killedAs = failure
    this.#control.close({ code: 'GUEST_CRASHED', message: failure.message })
    // Nobody but the kernel kills them beside us, when memory has run out.
    this.#endAll(failure, { ofMemory: exit.signal === 'SIGKILL' })
  }

  /** Where several are lost, each learns whether it may be the reason. */
  #endAll(failure: InstanceFailure, blame: Blame): void {
    const instances = [...this.instances.values()]
    this.instances.clear()
    const suspects = suspectsOf(instances, blame)
    for (const instance of instances) {
      if (instance === blame.culprit || !this.shared) instance.end(failure)
      else instance.end(lostWith(failure, !suspects.includes(instance)))
    }
  }
}
