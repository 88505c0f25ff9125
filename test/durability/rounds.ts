// Rounds of load that end with a kill -9: of the runtime, of a sandbox process or of a data process, at a moment that the seed
// chooses. After each, everything that was promised must be there.

import { commandOf } from '../../runtime/processes/process-figures.ts'
import { descendantsOf } from '../support/jail.ts'
import { type Killable, startKillable } from '../support/killable.ts'
import { processesEnd, watchProcesses } from '../support/processes-end.ts'
import { randomOf } from '../support/random.ts'
import { ADMIN_TOKEN, until } from '../support/runtime.ts'
import type { Scope } from '../support/scope.ts'
import { examineDatabases, examineFolders, examineLedger, examineRelease, examineRound } from './examine.ts'
import { KEEPER } from './keeper.ts'
import { killWithChildren } from './kill-with-children.ts'
import { type Promised, startLoad, type UsageMeter } from './load.ts'

const VICTIMS = { runtime: 0.5, sandbox: 0.25, data: 0.25 } as const
export type Victim = keyof typeof VICTIMS

/** What a process that may be killed has among its words. */
export const ENTRIES: Readonly<Record<Exclude<Victim, 'runtime'>, RegExp>> = {
  sandbox: /[\\/]sandbox(?:-[0-9a-f]+)?\.mjs$/,
  data: /[\\/]data(?:-[0-9a-f]+)?\.mjs$/,
}

const AUTHORITY = { authorization: `Bearer ${ADMIN_TOKEN}` }

export interface RoundsOptions {
  readonly data: string
  readonly rounds: number
  readonly seed: number
  /** Called after every round. */
  readonly onRound?: (round: number, victim: Victim) => void
}

export interface RoundsReport {
  readonly kills: Readonly<Record<Victim, number>>
  /** Writes that were promised: keys, rows, pairs, counts. */
  readonly promised: number
  readonly settings: number
  readonly uploads: number
  /** Requests without success: under way when something was killed, or refused until it was back. */
  readonly failures: number
  /** Everything that is wrong, in sentences; empty when all is well. */
  readonly wrong: readonly string[]
}

export async function runRounds(scope: Scope, options: RoundsOptions): Promise<RoundsReport> {
  const { data, rounds, seed } = options
  const random = randomOf(seed)
  const kills = { runtime: 0, sandbox: 0, data: 0 }
  const meter: UsageMeter = {
    counted: 0,
    countsAsked: 0,
    setting: 0,
    settingAsked: 0,
    version: -1,
    versionAsked: -1,
    failures: 0,
  }
  const history: Promised[] = []
  const wrong: string[] = []
  const note = (round: number, found: readonly string[]) =>
    wrong.push(...found.map((one) => `after round ${round}: ${one}`))

  let server = await startKillable(scope, data)
  await installKeeper(server)
  for (let round = 0; round < rounds; round++) {
    const load = startLoad(server.origin, round, meter)
    history.push(load.promised)
    await new Promise((resolve) => setTimeout(resolve, 100 + random() * 900))
    const victim = choose(random())
    const pids = victim === 'runtime' ? [] : pidsOf(server, ENTRIES[victim])
    if (victim === 'runtime' || pids.length === 0) {
      await killWithChildren(server)
      await load.stop()
      note(round, await examineDatabases(data))
      server = await startKillable(scope, data)
      note(round, await examineFolders(data, server.origin))
      kills.runtime++
    } else {
      const pid = pids[Math.floor(random() * pids.length)] ?? 0
      const killed = watchProcesses([pid])
      kill(pid)
      // What comes after the kill is served by a successor, or refused in words.
      await new Promise((resolve) => setTimeout(resolve, random() * 300))
      await load.stop()
      await processesEnd('it has ended', killed)
      kills[victim]++
    }
    await isBack(server)
    note(round, await examineRelease(server.origin, meter))
    note(round, await examineRound(server.origin, round, load.promised))
    note(round, await examineLedger(server.origin, meter))
    options.onRound?.(round, victim)
  }
  for (const [round, promised] of history.entries())
    note(rounds, await examineRound(server.origin, round, promised))
  await server.kill()
  note(rounds, await examineDatabases(data))
  const writes = history.reduce((sum, { keys, rows, pairs }) => sum + keys.size + rows.size + pairs.size, 0)
  return {
    kills,
    promised: writes + meter.counted,
    settings: meter.setting,
    uploads: meter.version + 1,
    failures: meter.failures,
    wrong: [...new Set(wrong)],
  }
}

function choose(random: number): Victim {
  let rest = random
  for (const [victim, part] of Object.entries(VICTIMS)) {
    rest -= part
    if (rest < 0) return victim as Victim
  }
  return 'runtime'
}

export function pidsOf(server: Killable, entry: RegExp): number[] {
  return descendantsOf(server.pid).filter((pid) => {
    const command = commandOf(pid)
    // bwrap has the words of its child behind its own.
    return command[0]?.endsWith('/bwrap') === false && command.some((word) => entry.test(word))
  })
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // It ended by itself: an idle process, or one that was replaced.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function installKeeper({ origin }: Killable): Promise<void> {
  const response = await fetch(`${origin}/api/v1/plugins`, {
    method: 'POST',
    headers: { ...AUTHORITY, 'content-type': 'application/zip' },
    body: KEEPER,
  })
  if (!response.ok) throw new Error(`The plugin was not taken: ${response.status} ${await response.text()}`)
}

/** Every plugin answers again. After a killed sandbox process the next start waits a moment. */
async function isBack({ origin }: Killable): Promise<void> {
  let last = ''
  const answer = async (path: string): Promise<number> => {
    const response = await fetch(`${origin}/plugins/${path}`)
    last = `${path}: ${response.status} ${await response.text()}`
    return response.status
  }
  try {
    await until('the plugins answer', async () => {
      if ((await answer('keeper/api/')) !== 200) return false
      return [200, 404].includes(await answer('survivor/api/'))
    })
  } catch (error) {
    const state = await fetch(`${origin}/api/v1/plugins`, { headers: AUTHORITY }).then((response) =>
      response.text(),
    )
    throw new Error(`The plugins do not answer: ${last}\n${state}`, { cause: error })
  }
}
