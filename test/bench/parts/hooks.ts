// What a hook with ten plugins costs, in hooks with one plugin: of ten plugins in turn, so that another process wakes up each time, as
// in the chain; and of one plugin again and again, whose process stays warm. Measured in this process, since applications that embed the
// runtime call hooks. The three are interleaved, and the median of each counts: on a busy machine a process waits for a core now and then.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRuntime, defineHost } from '../../../runtime/index.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { zipOf } from '../../support/zip.ts'
import { quotients } from '../figures/figure.ts'
import { timed } from '../http.ts'
import { median } from '../statistics.ts'
import type { Part, PartOptions } from './part.ts'

const PLUGINS = 10
/** In a round, of each kind. */
const TURNS = 300

const NUMBERS = Array.from({ length: PLUGINS }, (_, number) => number)
const hook = { value: { type: 'string', maxLength: 1000 }, deadlineMs: 60_000 } as const

/** A hook of all plugins, and one of each. */
const hooks: Readonly<Record<string, typeof hook>> = Object.fromEntries(
  ['chain', ...NUMBERS.map((number) => `one-${number}`)].map((name) => [name, hook]),
)
const host = defineHost({ id: 'bench', version: '1.0.0', hooks })

type BenchRuntime = Runtime<typeof host>

/** Milliseconds: a hook with all plugins, and a hook with one plugin of each kind. */
interface Times {
  readonly chain: number
  readonly inTurn: number
  readonly repeated: number
}

export async function measureHooks({ rounds }: Pick<PartOptions, 'rounds'>): Promise<Part> {
  const data = await mkdtemp(join(tmpdir(), 'plugbay-bench-'))
  const config = { data, logLevel: 'silent', sandbox: { maxProcesses: PLUGINS } } as const
  const runtime = await createRuntime({ host, config })
  const times: Times[] = []
  try {
    await install(runtime)
    // The first warms up.
    await measureRound(runtime)
    for (let round = 0; round < rounds; round++) times.push(await measureRound(runtime))
  } finally {
    await runtime.close()
    await rm(data, { recursive: true, force: true })
  }
  const chain = times.map((each) => each.chain)
  const inTurn = times.map((each) => each.inTurn)
  const repeated = times.map((each) => each.repeated)
  const lower = { better: 'lower' } as const
  const name = `hook with ${PLUGINS} plugins`
  return {
    tables: {},
    figures: [
      {
        ...{ ...lower, name: `${name}, in hooks with one plugin, in turn`, unit: 'ratio', aim: PLUGINS },
        rounds: quotients(chain, inTurn),
      },
      {
        ...{ ...lower, name: `${name}, in hooks with one and the same plugin`, unit: 'ratio' },
        rounds: quotients(chain, repeated),
      },
      { ...lower, name, unit: 'ms', rounds: chain },
      { ...lower, name: 'hook with one plugin, in turn', unit: 'ms', rounds: inTurn },
      { ...lower, name: 'hook with one and the same plugin', unit: 'ms', rounds: repeated },
    ],
  }
}

async function measureRound(runtime: BenchRuntime): Promise<Times> {
  const chains: number[] = []
  const inTurn: number[] = []
  const repeated: number[] = []
  for (let turn = 0; turn < TURNS; turn++) {
    chains.push(await timed(() => apply(runtime, 'chain', PLUGINS)))
    // Ten together, like the chain: a single call that had to wait does not count in a median, and in a sum it does.
    inTurn.push((await timed(() => applyOnes(runtime, (number) => number))) / PLUGINS)
    repeated.push((await timed(() => applyOnes(runtime, () => 0))) / PLUGINS)
  }
  return { chain: median(chains), inTurn: median(inTurn), repeated: median(repeated) }
}

async function applyOnes(runtime: BenchRuntime, which: (number: number) => number): Promise<void> {
  for (const number of NUMBERS) await apply(runtime, `one-${which(number)}`, 1)
}

async function apply(runtime: BenchRuntime, name: string, plugins: number): Promise<void> {
  const { applied, skipped } = await runtime.hooks.apply(name, 'value')
  if (applied.length !== plugins) throw new Error(JSON.stringify(skipped))
}

async function install(runtime: BenchRuntime): Promise<void> {
  for (const number of NUMBERS) {
    const path = join(runtime.store.paths.staging, `hook-${number}.zip`)
    await writeFile(path, zipFor(number))
    await runtime.plugins.upload({ kind: 'zip', path }, { actor: 'bench' })
  }
}

function zipFor(number: number): Uint8Array {
  const id = `plugin-${number}`
  const hooks = ['chain', `one-${number}`]
  const contributes = { hooks: hooks.map((name) => ({ hook: name })) }
  const manifest = { manifestVersion: 1, id, name: id, version: '1.0.0', contributes }
  const handlers = hooks.map((name) => `'${name}': (value) => value + '.'`)
  const backend = `export default { hooks: { ${handlers.join(', ')} } }`
  return zipOf({ 'manifest.json': JSON.stringify(manifest), 'backend/index.js': backend })
}
