// One sandbox process and the instances in it: starts it, loads and unloads instances, and ends both.
// Invariant: an instance belongs to one process, and ends no later than it.

import type { SlotEvent } from '../../../sdk/protocol/sandbox-control.ts'
import { childEntry, sourceEntry } from '../../bundles/children.ts'
import type { Log } from '../../log.ts'
import type { Child, ChildExit } from '../../processes/child.ts'
import type { Jail } from '../../processes/jail/jail.ts'
import { connect } from '../../processes/link.ts'
import { Instance } from '../instance/instance.ts'
import {
  type BackendCode,
  type CatalogBytes,
  type InspectInstance,
  InstanceFailure,
  type InstanceSpec,
  type KillReason,
} from '../types.ts'
import { type Blame, endAll } from './blame.ts'
import { ControlChannel } from './control-channel.ts'
import { CpuShares } from './cpu-shares.ts'
import { InspectedInstances } from './inspected.ts'
import { loadCall } from './load-call.ts'
import { poolThreads } from './pool-threads.ts'
import { slotFailure } from './slot-failure.ts'
import { ProcessWatch } from './watch.ts'

export interface SandboxProcessOptions {
  readonly log: Log
  readonly guest: BackendCode
  /** Memory limit of the isolate to create for the first instance; absent: none. */
  readonly warmMb?: number | undefined
  readonly shared: boolean
  readonly jail: Jail
  /** The module that the process runs: runtime/isolate/main by default. */
  readonly entry?: URL | undefined
  readonly onExit: (process: SandboxProcess) => void
  /** An instance or the process was killed, or exited by itself. */
  readonly onKill: (reason: KillReason) => void
  /** V8 rejected the code cache of the guest. */
  readonly onGuestRejected: () => void
  /** In tests of plugins: how far the clock of an isolate is ahead when it is loaded. */
  readonly clockAheadMs?: (() => number) | undefined
}

const main = childEntry('sandbox')
/** Far longer than a process needs on a machine that is not completely exhausted. */
const BOOT_MS = 30_000

export class SandboxProcess {
  readonly shared: boolean
  readonly #instances = new Map<number, Instance>()
  /** Ended instances of which operations may still be on threads of the process. */
  readonly #leaving = new Map<number, Instance>()
  readonly #child: Child
  readonly #control: ControlChannel
  readonly #watch: ProcessWatch
  /** Never rejects: a process that does not boot is killed. */
  readonly #booted: Promise<void>
  readonly #startedAt = performance.now()
  readonly #onKill: (reason: KillReason) => void
  readonly #clockAheadMs: () => number | undefined
  readonly #shares: CpuShares
  readonly #ignored: (frames?: number) => void
  readonly #inspected = new InspectedInstances((slot, message) => this.#control.inspect(slot, message))
  #isBooted = false
  #nextSlot = 1
  #loads = 0
  #killedAs: InstanceFailure | undefined

  constructor(options: SandboxProcessOptions) {
    this.shared = options.shared
    this.#onKill = options.onKill
    this.#clockAheadMs = options.clockAheadMs ?? (() => undefined)
    this.#shares = new CpuShares(options.shared)
    const { child, channel, ignored } = connect({
      name: 'sandbox',
      entry: options.entry === undefined ? main() : sourceEntry(options.entry),
      rights: { addons: true, noSnapshot: true, poolThreads: poolThreads(options.shared).all },
      jail: options.jail,
      log: options.log,
      onSlotFrame: (kind, slot, id, head, body) => this.#receive(kind, slot, id, head, body),
      onEvent: (head, body) => this.#control.receiveEvent(head, body),
      refuse: (reason) => this.#refuse(reason),
      onExit: (exit) => {
        this.#ended(exit)
        options.onExit(this)
      },
    })
    this.#child = child
    this.#ignored = ignored
    this.#control = new ControlChannel(channel, {
      onSlotFailed: (event) => this.#receiveFailure(event),
      onRuns: (slots) => {
        for (const [slot, instance] of this.#instances) instance.setRunning(slots.includes(slot))
      },
      onInspector: (event, piece) => {
        // What an instance said that has just been unloaded.
        if (!this.#inspected.receive(event, piece)) ignored()
      },
      onGuestRejected: options.onGuestRejected,
      onViolation: (reason) => this.#refuse(reason),
      onIgnored: () => ignored(),
    })
    this.#watch = new ProcessWatch({
      shared: options.shared,
      child: this.#child,
      control: this.#control,
      instances: this.#instances,
      leaving: this.#leaving,
      shares: this.#shares,
      kill: (failure, culprit) => this.kill(failure, culprit),
      drop: (instance, failure) => this.#drop(instance, failure),
    })
    this.#booted = this.#control.boot(options.guest, options.warmMb).then(
      () => {
        this.#isBooted = true
      },
      (error: unknown) => this.kill(bootFailure(`The sandbox process did not boot: ${String(error)}`)),
    )
  }

  get instances(): ReadonlyMap<number, Instance> {
    return this.#instances
  }

  get pid(): number {
    return this.#child.pid
  }

  get alive(): boolean {
    return this.#child.alive && this.#killedAs === undefined
  }

  /** Whether no instance runs here, and none is about to. */
  get isEmpty(): boolean {
    return this.#instances.size === 0 && this.#loads === 0
  }

  /** Compiles a script without running it; resolves with V8's code cache. */
  async compile(source: Buffer, filename: string): Promise<Uint8Array> {
    return await this.#control.compile(source, filename)
  }

  /** Starts an instance. `loaded` of the result settles when the plugin's module has run. */
  async load(spec: InstanceSpec): Promise<Instance> {
    const [code, catalogs] = await this.#codeOf(spec)
    const slot = this.#nextSlot++
    if (this.#instances.size === 0) this.#shares.begin(this.#child.cpuMs())
    const instance = new Instance(spec, {
      slot,
      shared: this.shared,
      send: (kind, id, head, body) => this.#child.send(kind, slot, id, head, body),
      onViolation: (reason) => this.#refuse(reason),
      onIgnored: (frames) => this.#ignored(frames),
    })
    this.#instances.set(slot, instance)
    if (!this.alive) {
      const ended = new InstanceFailure('GUEST_CRASHED', 'The sandbox process ended')
      this.#drop(instance, this.#killedAs ?? ended)
      return instance
    }
    const place = { slot, shared: this.shared, code, catalogs, clockAheadMs: this.#clockAheadMs() }
    this.#control.load(loadCall(spec, place), code, catalogs).catch((error: unknown) => {
      const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
      const report = { name, message, stack: stack ?? '' }
      this.#drop(instance, new InstanceFailure('LOAD_FAILED', message, { report }))
    })
    if (spec.inspect !== undefined) this.#inspect(instance, spec.inspect)
    return instance
  }

  /** Its breakpoints are set before its script runs. */
  #inspect(instance: Instance, inspect: InspectInstance): void {
    const { slot } = instance
    this.#inspected.add(slot, inspect)
    instance.onEnded(() => this.#inspected.remove(slot))
    this.#control.inspect(slot, undefined)
  }

  /** The boot of the process itself is not charged to the plugin. */
  async #codeOf(spec: InstanceSpec): Promise<readonly [BackendCode, readonly CatalogBytes[]]> {
    this.#loads++
    try {
      const [code, catalogs = []] = await Promise.all([spec.code(), spec.messages?.catalogs(), this.#booted])
      return [code, catalogs]
    } finally {
      this.#loads--
    }
  }

  /** In tests of plugins: sets the clock of its isolates, and resolves with the time when the next timer is due. */
  async setClock(aheadMs: number): Promise<number | undefined> {
    return this.alive && this.#isBooted ? await this.#control.setClock(aheadMs) : undefined
  }

  /** Disposes of the isolate. Open calls fail with GUEST_CRASHED. */
  unload(instance: Instance): void {
    this.#drop(instance, new InstanceFailure('GUEST_CRASHED', 'The instance was stopped'))
  }

  /** @param culprit the instance that is known to be the cause; the others are marked as bystanders */
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
      return this.kill(bootFailure('The sandbox process did not boot in time'))
    if (this.#instances.size === 0) return
    for (const instance of this.#instances.values()) instance.checkDeadlines(now)
    this.#watch.check(now)
  }

  /** The final reading of an exiting process: an instance that was alone in it is charged for the rest. */
  #chargeRest(): void {
    const [instance] = this.#instances.values()
    if (this.shared || instance === undefined) return
    instance.charge(this.#shares.rest(this.#child.cpuMs()), performance.now())
  }

  #receive(kind: number, slot: number, id: number, head: string, body: Uint8Array | undefined): void {
    const instance = this.#instances.get(slot)
    if (instance === undefined) this.#ignored()
    else instance.receive(kind, id, head, body)
  }

  #refuse(reason: string): void {
    if (!this.alive) return
    this.#child.refuse(reason)
    this.kill(new InstanceFailure('GUEST_CRASHED', `Protocol violation: ${reason}`, { reason: 'protocol' }))
  }

  #receiveFailure(event: SlotEvent): void {
    const instance = this.#instances.get(event.slot)
    if (instance === undefined) return this.#ignored()
    const { limits, meter } = instance.spec
    const failure = slotFailure(event, limits)
    // It ends too soon after its last report for the peak to show there.
    if (failure.reason === 'memory') meter.reach(limits.memoryMb * 1024 * 1024)
    this.#drop(instance, failure)
    if (event.isCatastrophic)
      this.kill(new InstanceFailure('GUEST_CRASHED', 'An isolate of the process failed'), instance)
  }

  #drop(instance: Instance, failure: InstanceFailure): void {
    if (!this.#instances.delete(instance.slot)) return
    if (failure.reason !== undefined) this.#onKill(failure.reason)
    instance.end(failure)
    if (!this.alive) return
    this.#control.unload(instance.slot)
    if (this.shared) this.#leaving.set(instance.slot, instance)
  }

  #ended(exit: ChildExit): void {
    const message = `The sandbox process ended (${exit.signal ?? exit.code})`
    const failure = this.#killedAs ?? new InstanceFailure('GUEST_CRASHED', message, { reason: 'crash' })
    if (this.#killedAs === undefined) this.#onKill('crash')
    this.#killedAs = failure
    this.#control.close({ code: 'GUEST_CRASHED', message: failure.message })
    // Apart from us, only the kernel kills them: when memory runs out.
    this.#endAll(failure, { ofMemory: exit.signal === 'SIGKILL' })
  }

  #endAll(failure: InstanceFailure, blame: Blame): void {
    const instances = [...this.#instances.values()]
    this.#instances.clear()
    this.#leaving.clear()
    endAll(instances, failure, { ...blame, shared: this.shared })
  }
}

function bootFailure(message: string): InstanceFailure {
  return new InstanceFailure('GUEST_CRASHED', message, { reason: 'boot' })
}
