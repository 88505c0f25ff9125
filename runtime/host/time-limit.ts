// Runs a function for a limited time, in this thread: for work whose cost depends on what a plugin has sent, such as matching a
// regular expression, which V8 can interrupt only from outside.
// Invariant: the limit is of CPU time. On a busy machine a thread may not run for longer than the limit, and has done nothing wrong.

import { type Context, createContext, Script } from 'node:vm'

/** The function's result; undefined when the time is over. Costs about a tenth of a millisecond. It may be run again from its beginning. */
export type TimeLimit = <T>(run: () => T, ms: number) => { readonly value: T } | undefined

/** Interruptions before the limit of CPU time is used up, until it counts as used up. */
const MAX_RUNS = 10

export function createTimeLimit(): TimeLimit {
  let context: Context | undefined
  const script = new Script('run()')
  return <T>(run: () => T, ms: number) => {
    let value: { readonly value: T } | undefined
    context ??= createContext({ run: undefined })
    context.run = () => {
      value = { value: run() }
    }
    try {
      let usedMs = 0
      for (let runs = 0; runs < MAX_RUNS && usedMs < ms / 2; runs += 1) {
        const before = process.threadCpuUsage()
        if (endsInTime(script, context, ms)) return value
        const { user, system } = process.threadCpuUsage(before)
        usedMs += (user + system) / 1000
      }
      return undefined
    } finally {
      context.run = undefined
    }
  }
}

function endsInTime(script: Script, context: Context, ms: number): boolean {
  try {
    script.runInContext(context, { timeout: ms })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false
    throw error
  }
}
