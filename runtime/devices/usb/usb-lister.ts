// The list of the USB devices of this machine: each is read once, in a process that can be killed.
// Invariant: a device that does not let itself be read hides no other, and holds up no list but the first.

import { setTimeout as delay } from 'node:timers/promises'
import { UsbError } from '../../../sdk/protocol/usb-error.ts'
import { withinSize } from '../../../sdk/protocol/usb-list.ts'
import type { Log } from '../../log.ts'
import { EVERYTHING, type Mounts, mountsOf, portsNow, type UsbPort } from './usb-mounts.ts'
import type { UsbProcess } from './usb-process.ts'
import type { UsbDeviceInfo } from './worker/calls.ts'

type Lister = Pick<UsbProcess, 'call' | 'sees' | 'end'>

export interface UsbListerParts {
  readonly start: (mounts: Mounts) => Lister
  /** Whether a process sees its mounts only. */
  readonly isConfined: boolean
  readonly log: Pick<Log, 'warn'>
  /** What is plugged in; undefined where the system does not say. In tests, otherwise. */
  readonly ports?: () => readonly UsbPort[] | undefined
  readonly times?: Partial<ListingTimes>
}

export interface ListingTimes {
  /** Of one reading: a hundred devices that all have to be asked for their names. */
  readonly readMs: number
  /** A device that did not let itself be read is left alone this long. */
  readonly retryMs: number
  /** A list waits this long for new devices; they are in the next one. */
  readonly patienceMs: number
}

const TIMES: ListingTimes = { readMs: 10_000, retryMs: 30_000, patienceMs: 2000 }
/** A process is kept this long without work. */
const IDLE_MS = 10_000
/** A killed process has ended by then, unless its device hangs. */
const ENDING_MS = 2000
/** Devices that are read at the same time when one of them is in the way. */
const LANES = 4

export class UsbLister {
  readonly #parts: UsbListerParts
  readonly #times: ListingTimes
  /** By identity. */
  #known: ReadonlyMap<string, UsbDeviceInfo> = new Map()
  /** When one that could not be read may be tried again, by identity. */
  #unreadable: ReadonlyMap<string, number> = new Map()
  #reading: Promise<void> | undefined
  #isFirst = true
  #process: Lister | undefined
  readonly #ending = new Set<Promise<void>>()
  #idle: NodeJS.Timeout | undefined

  constructor(parts: UsbListerParts) {
    this.#parts = parts
    this.#times = { ...TIMES, ...parts.times }
  }

  /** Rejects where there is no USB. */
  async list(): Promise<readonly UsbDeviceInfo[]> {
    const { ports: portsOf = portsNow } = this.#parts
    const ports = portsOf()
    if (ports === undefined) return await this.#read(EVERYTHING, undefined)
    this.#known = kept(this.#known, ports)
    this.#unreadable = kept(this.#unreadable, ports)
    const now = performance.now()
    const unread = ports.filter(({ identity }) => {
      // A device that was just plugged in has no interfaces for a moment.
      const isComplete = (this.#known.get(identity)?.configurations.length ?? 0) > 0
      return !isComplete && (this.#unreadable.get(identity) ?? 0) <= now
    })
    if (unread.length > 0)
      this.#reading ??= this.#readNew(unread).finally(() => {
        this.#reading = undefined
      })
    await (this.#isFirst ? this.#reading : Promise.race([this.#reading, this.#patience()]))
    this.#isFirst = false
    return withinSize(ports.flatMap(({ identity }) => this.#known.get(identity) ?? []))
  }

  async #patience(): Promise<void> {
    await delay(this.#times.patienceMs, undefined, { ref: false })
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle)
    if (this.#process !== undefined) this.#end(this.#process)
    await Promise.race([Promise.all(this.#ending), delay(ENDING_MS, undefined, { ref: false })])
  }

  /** All at once; where that fails, each by itself. */
  async #readNew(ports: readonly UsbPort[]): Promise<void> {
    try {
      this.#learn(ports, await this.#read(mountsOf(ports), ports))
    } catch (error) {
      // There is no library for this machine.
      if (error instanceof UsbError && this.#known.size === 0) throw error
      if (ports.length === 1 || !this.#parts.isConfined) {
        this.#leaveAlone(ports, error)
        return
      }
      const queue = [...ports]
      const work = async (): Promise<void> => {
        for (let port = queue.shift(); port !== undefined; port = queue.shift()) await this.#readAlone(port)
      }
      await Promise.all(Array.from({ length: LANES }, work))
    }
  }

  async #readAlone(port: UsbPort): Promise<void> {
    const process = this.#parts.start(mountsOf([port]))
    try {
      const { result } = await process.call<'list'>(
        { m: 'list', keys: [port.key] },
        { deadlineMs: this.#times.readMs },
      )
      this.#learn([port], result)
    } catch (error) {
      this.#leaveAlone([port], error)
    } finally {
      this.#end(process)
    }
  }

  async #read(mounts: Mounts, ports: readonly UsbPort[] | undefined): Promise<readonly UsbDeviceInfo[]> {
    clearTimeout(this.#idle)
    if (this.#process?.sees(mounts) === false) this.#end(this.#process)
    this.#process ??= this.#parts.start(mounts)
    const process = this.#process
    try {
      const call = { m: 'list', keys: ports?.map(({ key }) => key) } as const
      return (await process.call<'list'>(call, { deadlineMs: this.#times.readMs })).result
    } finally {
      clearTimeout(this.#idle)
      this.#idle = setTimeout(() => this.#end(process), IDLE_MS).unref()
    }
  }

  /** No list waits for it: a process in the midst of opening a device ends when the kernel lets it. */
  #end(process: Lister): void {
    if (process === this.#process) this.#process = undefined
    const ending = process.end().finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
  }

  #learn(ports: readonly UsbPort[], infos: readonly UsbDeviceInfo[]): void {
    const known = new Map(this.#known)
    for (const { key, identity } of ports) {
      const info = infos.find((each) => each.key === key)
      if (info !== undefined) known.set(identity, info)
    }
    this.#known = known
  }

  #leaveAlone(ports: readonly UsbPort[], error: unknown): void {
    const until = performance.now() + this.#times.retryMs
    this.#unreadable = new Map([
      ...this.#unreadable,
      ...ports.map(({ identity }) => [identity, until] as const),
    ])
    const keys = ports.map(({ key }) => key)
    this.#parts.log.warn({ devices: keys, error: String(error) }, 'USB devices do not let themselves be read')
  }
}

/** What is still plugged in. */
function kept<T>(map: ReadonlyMap<string, T>, ports: readonly UsbPort[]): ReadonlyMap<string, T> {
  return new Map([...map].filter(([identity]) => ports.some((port) => port.identity === identity)))
}
