// The misdeeds: what each does, what should happen, and the statuses that show that it did.
// All of them are harmless outside a sandbox only in so far as nobody runs them there.

export const misdeeds = [
  {
    name: 'endless-loop',
    title: 'Endless loop',
    does: 'for (;;) {}',
    expect: '504: the run is ended when its CPU time is used up. Other plugins go on answering.',
    statuses: [504, 502],
    run() {
      for (;;);
    },
  },
  {
    name: 'memory-flood',
    title: 'Memory flood',
    does: 'Keeps megabyte after megabyte',
    expect: '502: the isolate ends at its memory limit. The next request gets a new one.',
    statuses: [502, 504],
    run() {
      const kept = []
      for (;;) kept.push(new Array(131_072).fill(kept.length))
    },
  },
  {
    name: 'huge-response',
    title: 'Huge response',
    does: 'Answers with 512 MB in one piece',
    expect:
      '500 or 502: the memory limit, or the cap on responses, comes first. The server does not swallow it.',
    statuses: [500, 502, 503, 504],
    run() {
      return new Response(new Uint8Array(512 * 1024 * 1024))
    },
  },
  {
    name: 'many-timers',
    title: 'Too many timers',
    does: 'Starts a million timers',
    expect: '200 with the error of the timer that was one too many: QuotaExceededError.',
    statuses: [200],
    run() {
      const timers = []
      return report(() => {
        try {
          for (let count = 0; count < 1_000_000; count += 1) timers.push(setTimeout(() => undefined, 60_000))
        } finally {
          for (const timer of timers) clearTimeout(timer)
        }
      })
    },
  },
  {
    name: 'log-flood',
    title: 'Log flood',
    does: 'Writes 20,000 lines to its log at once',
    expect: '200: about a hundred lines a second are kept; the log says how many were dropped.',
    statuses: [200],
    run(env) {
      for (let count = 0; count < 20_000; count += 1) env.log.info(`line ${count} of a flood`)
      return Response.json({ written: 20_000 })
    },
  },
  {
    name: 'storage-flood',
    title: 'Storage flood',
    does: 'Stores one megabyte after the other, at most 200',
    expect:
      '200 with the error of the value that did not fit: QUOTA_EXCEEDED. What was stored is deleted again.',
    statuses: [200, 504],
    async run(env) {
      const value = 'x'.repeat(1_000_000)
      try {
        return await report(async () => {
          for (let count = 0; count < 200; count += 1) await env.kv.put(`flood:${count}`, value)
        })
      } finally {
        const { keys } = await env.kv.list({ prefix: 'flood:' })
        for (const { name } of keys) await env.kv.delete(name)
      }
    },
  },
  {
    name: 'never-answering',
    title: 'Never answering',
    does: 'Awaits a promise that never settles',
    expect: '504 at the deadline of 3 seconds. No CPU is used meanwhile, so the instance lives on.',
    statuses: [504],
    run() {
      return new Promise(() => undefined)
    },
  },
  {
    name: 'crash',
    title: 'Crash of the process',
    does: 'A replacement that grows past what the engine can hold',
    expect:
      '502: the engine itself crashes or gives up, and only the process of this plugin goes with it. It is replaced.',
    statuses: [502, 504, 500],
    run() {
      // "$&" stands for the match: every round makes the text a thousand times as long.
      let text = 'a'
      for (let round = 0; round < 6; round += 1) text = text.replace(/a/g, '$&'.repeat(1000))
      return Response.json({ length: text.length })
    },
  },
  {
    name: 'throw',
    title: 'Uncaught error',
    does: "throw new Error('greedy')",
    expect: '500 without any detail; the stack, with file and line, is in the log of the plugin.',
    statuses: [500],
    run() {
      throw new Error('greedy on purpose')
    },
  },
]

/** Runs what should fail at some point, and answers with how it failed. */
async function report(work) {
  try {
    await work()
    return Response.json({ stopped: false })
  } catch (error) {
    return Response.json({ stopped: true, error: error.name, message: error.message })
  }
}
