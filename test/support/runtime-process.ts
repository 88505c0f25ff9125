// A real server in a process of its own, for tests that kill it. Started with a data folder; speaks lines of JSON.
// {"ready": port, "children": [pids, with their own children]} when it serves; after a line "upload <number>" on its input it uploads one version after
// the other, and says {"begun": n} and {"done": n} of each.

import { createInterface } from 'node:readline'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createRuntime } from '../../runtime/runtime.ts'
import { serve } from '../../runtime/serve.ts'
import { descendantsOf } from './jail.ts'
import { ADMIN_TOKEN, backendOf, install } from './runtime.ts'

const [data = ''] = process.argv.slice(2)
const runtime = await createRuntime({
  environment: {},
  config: {
    data,
    port: 0,
    logLevel: 'silent',
    adminToken: ADMIN_TOKEN,
    // Being killed is not the plugin's fault here, so it must not be quarantined for it.
    sandbox: { maxFailures: 1_000_000 },
  },
})
const { port } = await serve(runtime)
say({ ready: port, children: descendantsOf(process.pid) })

let pause: (() => number) | undefined
for await (const line of createInterface({ input: process.stdin })) {
  const [word, argument] = line.split(' ')
  if (word === 'upload') void uploadFrom(Number(argument))
  if (word === 'install') {
    await install(runtime, { id: String(argument), backend: LOOPS() })
    say({ installed: argument, children: descendantsOf(process.pid) })
  }
  if (word === 'memory') say({ memory: memory(), handles: process.getActiveResourcesInfo().length })
  if (word === 'pause') {
    pause ??= watchPauses()
    say({ longestMs: pause() })
  }
  if (word === 'task') void scheduleTask()
  if (word === 'children') say({ children: descendantsOf(process.pid) })
}

/** A task of the server that does not end; says {"scheduled": id} when its first lines are stored. */
async function scheduleTask(): Promise<void> {
  const hang = runtime.tasks.define<null, null>({
    name: 'test.hang',
    deadlineSeconds: 3600,
    run: (_, run) => {
      run.log.info('begun')
      return new Promise(() => undefined)
    },
  })
  const { id } = await hang.schedule(null, { startedBy: { kind: 'user', name: 'ada' } })
  runtime.tasks.watchers.watch(id, {
    line: ({ text }) => text === 'begun' && setTimeout(() => say({ scheduled: id }), 500),
    changed: () => undefined,
  })
}

/**
 * The most CPU time in milliseconds that the main thread spent between two turns of the event loop since the last call. CPU time does
 * not count what other programs do, unlike the delay of a timer.
 */
function watchPauses(): () => number {
  let longest = 0
  let before = process.threadCpuUsage()
  const turn = (): void => {
    const { user, system } = process.threadCpuUsage(before)
    before = process.threadCpuUsage()
    longest = Math.max(longest, (user + system) / 1000)
    setTimeout(turn, 1).unref()
  }
  turn()
  return () => {
    const result = longest
    longest = 0
    return result
  }
}

function LOOPS(): string {
  return backendOf(
    `if (url.pathname === '/loop') for (;;) {}\nif (url.pathname === '/stuck') new Array(1e9).fill(0)\nreturn new Response('fine')`,
  )
}

async function uploadFrom(first: number): Promise<void> {
  for (let n = first; ; n++) {
    say({ begun: n })
    await install(runtime, {
      id: 'survivor',
      version: `1.${n}.0`,
      backend: backendOf(`return new Response('1.${n}.0')`),
      files: {
        'frontend/v.txt': `1.${n}.0`,
        // Enough to make writing take a while.
        'frontend/filler.txt': `${n} `.repeat(60_000),
      },
    })
    say({ done: n })
  }
}

/** What is alive, in bytes: after the collector has been through. */
function memory(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function say(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
