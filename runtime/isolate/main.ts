// The sandbox process: holds isolates, moves frames between the runtime and the guests in them, and answers pings.
// It decides nothing: limits come with each load, and the runtime enforces deadlines.
// Invariant: after start it has no rights beyond its socket (Node permission flags, frozen process functions).

import { Channel } from '../../sdk/protocol/channel.ts'
import {
  type ControlCall,
  type ControlEvent,
  GUEST_SCRIPT,
  type LoadCall,
  type PingReply,
} from '../../sdk/protocol/sandbox-control.ts'
import { confineProcess } from '../processes/child/confine.ts'
import { openParentLink } from '../processes/child/parent-link.ts'
import { startWatchdog } from '../processes/child/watchdog.ts'
import { catalogsFromBody, catalogsStart } from './catalogs.ts'
import { exposeGc } from './expose-gc.ts'
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
      const answer = handle(JSON.parse(call.head) as ControlCall, call.body ?? new Uint8Array(0))
      call.reply(JSON.stringify(answer.head), answer.body)
    } catch (error) {
      const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
      call.fail({ code: 'LOAD_FAILED', name, message, stack: stack ?? '' })
    }
  },
})

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
    case 'compile':
      return {
        head: null,
        body: compileForCache(sourceFromBody(body, { sourceBytes: body.byteLength }, call.filename)),
      }
    case 'load':
      load(call, body)
      return { head: null }
    case 'unload':
      slots.get(call.slot)?.dispose()
      return { head: null }
    case 'ping':
      return { head: figures() }
  }
}

/** An operation that is left of a slot is reported until it has ended. */
function figures(): PingReply {
  const reply = { slots: [...slots].map(([id, slot]) => slot.figures(id)) }
  for (const [id, slot] of slots) if (slot.isGone) slots.delete(id)
  return reply
}

function load(call: LoadCall, body: Uint8Array): void {
  const { slot: id } = call
  const onWork = call.shared ? workOf(id) : undefined
  const slot = new Slot({
    load: call,
    warm: takeWarm(call.memoryMb),
    plugin: sourceFromBody(body, { sourceBytes: call.sourceBytes, end: catalogsStart(call) }, ''),
    catalog: catalogsFromBody(call, body),
    send: (kind, callId, head, frameBody) => link.send(kind, id, callId, head, frameBody),
    seat: pool.seat({ threads: call.poolThreads, onWork }),
    onRun: onWork,
    onFailed: (failure) => report({ e: 'slot-failed', slot: id, ...failure }),
  })
  slots.set(id, slot)
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

function takeWarm(memoryMb: number): WarmIsolate {
  if (guest === undefined) throw new Error('load before boot')
  const ready = warm
  warm = undefined
  if (ready?.memoryMb === memoryMb) return ready
  ready?.isolate.dispose()
  return new WarmIsolate(guest, memoryMb)
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
  const config = { pluginId: 'warm-up', version: '', grants: {}, settings: {}, maxHostCalls: 0, maxTimers: 0 }
  const load: LoadCall = {
    m: 'load',
    slot: 0,
    memoryMb,
    runMs: 1000,
    logLinesPerSecond: 0,
    shared: false,
    poolThreads: 1,
    config,
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
