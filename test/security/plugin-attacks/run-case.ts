// Carries out one attack in an arena and measures what it did, from outside. Judging it is guarantees.ts's.

import { type Arena, ATTACK_LIMITS, type GuiltyAnswer } from './arena.ts'
import { type AttackCase, backendOfAttack, pluginIdOf } from './attack-case.ts'
import { residentMb } from './host-process.ts'
import type { NeighbourFigures } from './neighbours.ts'

export interface CaseOutcome {
  readonly attack: AttackCase
  readonly answer: GuiltyAnswer
  /** How long after its attack the culprit plugin answered a good request; undefined when it did not. */
  readonly recoveredMs: number | undefined
  /** Whether the processors came to rest. */
  readonly isIdle: boolean
  readonly restarts: number
  readonly state: string
  readonly log: readonly LogLine[]
  readonly auditRows: number
  readonly before: NeighbourFigures
  readonly during: NeighbourFigures
  readonly host: {
    readonly isAlive: boolean
    readonly complaints: readonly string[]
    readonly grewMb: number
  }
  readonly touched: readonly string[]
  readonly secrets: readonly string[]
  /** Plugins that are installed when the culprit one has been removed. */
  readonly installed: readonly string[]
}

export interface LogLine {
  readonly level: string
  readonly message: string
  readonly stack?: string
}

const RESIDENT_EVERY_MS = 25

export async function runCase(arena: Arena, attack: AttackCase): Promise<CaseOutcome> {
  const { host, neighbours } = arena
  const id = pluginIdOf(attack)
  const before = neighbours.between(arena.startedAt, arena.startedAt + 1500)
  const complaintsBefore = host.complaints.length
  await arena.install({
    id,
    backend: backendOfAttack(attack),
    manifest: { limits: ATTACK_LIMITS, ...attack.manifest },
    ...(attack.files !== undefined && { files: attack.files }),
  })
  const fine = await arena.ask(`/plugins/${id}/api/fine`)
  if (fine.text !== 'fine') throw new Error(`${id} does not answer before its attack: ${fine.text}`)
  const auditBefore = await auditRows(arena)

  const started = performance.now()
  const memory = watchMemory(host.pid)
  const send = () => arena.ask(`/plugins/${id}/api/attack`)
  const answer = attack.drive === undefined ? await send() : await attack.drive(arena, id, send)
  const recoveredMs = await recovery(arena, id)
  const isIdle = await arena.isIdle()
  const grewMb = memory.stop()
  const during = neighbours.between(started, performance.now())

  const { state, restarts } = await installation(arena, id)
  const log = await logOf(arena, id)
  const auditAfter = await auditRows(arena)
  // A host that has died cannot; what is installed afterwards is judged below.
  await arena.uninstall(id).catch(() => undefined)
  return {
    attack,
    answer,
    recoveredMs,
    isIdle,
    restarts,
    state,
    log,
    auditRows: auditAfter - auditBefore,
    before,
    during,
    host: { isAlive: host.isAlive(), complaints: host.complaints.slice(complaintsBefore), grewMb },
    touched: arena.touched(),
    secrets: arena.secrets,
    installed: await installed(arena),
  }
}

/** Asks until the plugin answers as it should. */
async function recovery(arena: Arena, id: string): Promise<number | undefined> {
  const started = performance.now()
  while (performance.now() - started < arena.patienceMs) {
    const { status, text } = await arena.ask(`/plugins/${id}/api/fine`)
    if (status === 200 && text === 'fine') return performance.now() - started
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return undefined
}

function watchMemory(pid: number): { stop(): number } {
  const before = residentMb(pid)
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, residentMb(pid))
  }, RESIDENT_EVERY_MS)
  return {
    stop() {
      clearInterval(timer)
      return Math.round(Math.max(most, residentMb(pid)) - before)
    },
  }
}

async function installation(arena: Arena, id: string): Promise<{ state: string; restarts: number }> {
  const found = (await json(arena.api(`/plugins/${id}`))) as {
    state?: string
    resources?: { restarts?: number }
  }
  return { state: String(found.state), restarts: found.resources?.restarts ?? 0 }
}

async function logOf(arena: Arena, id: string): Promise<LogLine[]> {
  const { items = [] } = (await json(arena.api(`/plugins/${id}/logs?limit=200`))) as { items?: LogLine[] }
  return items
}

async function auditRows(arena: Arena): Promise<number> {
  const { items = [] } = (await json(arena.api('/audit?limit=1'))) as { items?: { seq: number }[] }
  return items[0]?.seq ?? 0
}

async function installed(arena: Arena): Promise<string[]> {
  const { items = [] } = (await json(arena.api('/plugins'))) as { items?: { id: string }[] }
  return items.map(({ id }) => id)
}

/** A response that is not a document counts as an empty one: it is not judged here. */
async function json(asked: Promise<Response>): Promise<unknown> {
  try {
    return await (await asked).json()
  } catch {
    return {}
  }
}
