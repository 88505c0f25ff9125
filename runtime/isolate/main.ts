// The sandbox process: holds isolates, moves frames between the runtime and the guests in them, and answers pings.
// It decides nothing: limits come with each load, and the runtime enforces deadlines.
// Invariant: after start it has no rights beyond its socket (Node permission flags, frozen process functions).

import { Channel, type IncomingCall } from '../../sdk/protocol/channel.ts'
import {
  type ClockCall,
  type ClockReply,
  type ControlCall,
  type ControlEvent,
  GUEST_SCRIPT,
  type InspectCall,
  type LoadCall,
  type PingReply,
} from '../../sdk/protocol/sandbox-control.ts'
import { confineProcess } from '../processes/child/confine.ts'
import { openParentLink } from '../processes/child/parent-link.ts'
import { startWatchdog } from '../processes/child/watchdog.ts'
import { catalogsFromBody, catalogsStart } from './catalogs.ts'
import { exposeGc } from './expose-gc.ts'
import { NO_PLUGIN, startForCache } from './guest-cache.ts'
import { compileForCache, type ScriptSource, sourceFromBody } from './guest-script.ts'
import { PoolTurns } from './pool-turns.ts'
import { RunRegister } from './run-register.ts'
import { Slot } from './slot.ts'
import { WarmIsolate } from './warm-isolate.ts'

/** Node starts four threads by default. */
const pool = new PoolTurns(Number(process.env.UV_THREADPOOL_SIZE ?? 4))
startWatchdog()
confineProcess()
exposeGc()

const slots = new Map<number, Slot>()
let guest: ScriptSource | undefined
let warm: WarmIsolate | undefined

const link = openParentLink((kind, slot, id, head, body) => {
  if (slot === 0) control.receive(kind, id, head, body)
  else slots.get(slot)?.receive(kind, id, head, body)
})

const control = new Channel((kind, id, head, body) => link.send(kind, 0, id, head, body), {
  call(call) {
    try {
      const asked = JSON.parse(call.head) as ControlCall
      const body = call.body ?? new Uint8Array(0)
      if (asked.m === 'load' && asked.inspect === true) return loadInspected(call, asked, body)
      const answer = handle(asked, body)
      call.reply(JSON.stringify(answer.head), answer.body)
    } catch (error) {
      fail(call, error)
    }
  },
})

function fail(call: IncomingCall, error: unknown): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  call.fail({ code: 'LOAD_FAILED', name, message, stack: stack ?? '' })
}

const runs = new RunRegister((slots) => {
  report({ e: 'runs', slots })
  // A run may end the process before this tick does.
  link.flush()
})

function report(event: ControlEvent): void {
  control.event(JSON.stringify(event))
}

function handle(call: ControlCall, body: Uint8Array): { head: unknown; body?: Uint8Array } {
  switch (call.m) {
    case 'boot':
      guest = sourceFromBody(body, call, GUEST_SCRIPT)
      if (call.warmMb !== undefined) setImmediate(prepare, guest, call.warmMb)
      return { head: null }
    case 'compile': {
      const source = sourceFromBody(body, { sourceBytes: body.byteLength }, call.filename)
      return {
        head: null,
        body: call.filename === GUEST_SCRIPT ? startForCache(source) : compileForCache(source),
      }
    }
    case 'load':
      load(call, body)
      return { head: null }
    case 'inspect':
      inspect(call, body)
      return { head: null }
    case 'clock':
      return { head: setClocks(call) }
    case 'unload':
      slots.get(call.slot)?.dispose()
      return { head: null }
    case 'ping':
      return { head: figures() }
  }
}

function setClocks({ aheadMs }: ClockCall): ClockReply {
  const dueAt = [...slots.values()].flatMap((slot) => slot.setClock(aheadMs) ?? [])
  return { nextAt: dueAt.length === 0 ? null : Math.min(...dueAt) }
}

/** An operation that is left of a slot is reported until it has ended. */
function figures(): PingReply {
  const reply = { slots: [...slots].map(([id, slot]) => slot.figures(id)) }
  for (const [id, slot] of slots) if (slot.isGone) slots.delete(id)
  return reply
}

function load(call: LoadCall, body: Uint8Array): Slot {
  const { slot: id } = call
  const onWork = call.shared ? workOf(id) : undefined
  const slot = new Slot({
    load: call,
    warm: takeWarm(call),
    plugin: sourceFromBody(body, { sourceBytes: call.sourceBytes, end: catalogsStart(call) }, ''),
    catalog: catalogsFromBody(call, body),
    send: (kind, callId, head, frameBody) => link.send(kind, id, callId, head, frameBody),
    seat: pool.seat({ threads: call.poolThreads, onWork }),
    onRun: onWork,
    onFailed: (failure) => report({ e: 'slot-failed', slot: id, ...failure }),
    sendInspector: (piece, more) =>
      control.event(JSON.stringify({ e: 'inspector', slot: id, more } satisfies ControlEvent), piece),
  })
  slots.set(id, slot)
  return slot
}

/** Loads that wait for the runtime to set breakpoints. */
const waiting = new Map<number, () => void>()

function loadInspected(call: IncomingCall, asked: LoadCall, body: Uint8Array): void {
  const slot = load(asked, body)
  waiting.set(asked.slot, () => {
    slot.start().then(
      () => call.reply('null'),
      (error: unknown) => fail(call, error),
    )
  })
}

/** Refused for an isolate that was not loaded for it. */
function inspect({ slot: id, run }: InspectCall, body: Uint8Array): void {
  const slot = slots.get(id)
  if (slot === undefined) return
  if (!slot.isInspected) throw new Error('The isolate has no inspector')
  if (body.byteLength > 0) slot.inspect(Buffer.from(body).toString('utf8'))
  if (run !== true) return
  waiting.get(id)?.()
  waiting.delete(id)
}

/** Joins the runs of a slot and its operations on threads. */
function workOf(slot: number): (isUnderWay: boolean) => void {
  let underWay = 0
  return (isUnderWay) => {
    underWay += isUnderWay ? 1 : -1
    if (isUnderWay && underWay === 1) runs.begin(slot)
    if (underWay === 0) runs.end(slot)
  }
}

function takeWarm({ memoryMb, inspect: inspector = false }: LoadCall): WarmIsolate {
  if (guest === undefined) throw new Error('load before boot')
  const ready = warm
  warm = undefined
  if (ready?.memoryMb === memoryMb && !inspector) return ready
  ready?.isolate.dispose()
  return new WarmIsolate(guest, memoryMb, { inspector })
}

/**
 * A standby process does ahead what a first request would wait for: an isolate with the guest in it, and before that one
 * complete start, because the first one of a process costs twice as much as the next.
 */
function prepare(bundle: ScriptSource, memoryMb: number): void {
  if (slots.size > 0) return
  const seat = pool.seat({ threads: 1 })
  const plugin = {
    code: '(__plugbay_load)(async (register) => register({}))',
    cache: undefined,
    filename: '',
  }
  const load: LoadCall = {
    m: 'load',
    slot: 0,
    memoryMb,
    runMs: 1000,
    logLinesPerSecond: 0,
    shared: false,
    poolThreads: 1,
    config: NO_PLUGIN,
    sourceBytes: 0,
  }
  const send = () => undefined
  new Slot({
    load,
    warm: new WarmIsolate(bundle, memoryMb),
    plugin,
    catalog: () => undefined,
    send,
    seat,
    onFailed: () => undefined,
  }).dispose()
  warm = new WarmIsolate(bundle, memoryMb)
  if (warm.isCacheRejected) report({ e: 'guest-rejected' })
}
