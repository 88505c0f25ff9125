// One run of the command line: executes a command, prints its outcome and records the exit status.

import type { Command } from 'commander'
import { PlugbayError } from '../errors.ts'
import type { SettingFlags } from '../settings/setting-flags.ts'
import { exitCodeOf } from './exit-codes.ts'
import type { Io } from './io.ts'
import { failureOf, type Outcome, printOutcome, type Result } from './output.ts'
import type { CliParts } from './parts.ts'

export interface RunOptions {
  readonly json?: boolean | undefined
  /** The subject of the command, if it has a single one. */
  readonly id?: string | undefined
}

export class Session {
  readonly io: Io
  readonly parts: CliParts
  /** Settings of plugins that stand on the command line. */
  readonly settingFlags: SettingFlags
  #exitCode = 0

  constructor(io: Io, parts: CliParts, given: { readonly settingFlags?: SettingFlags } = {}) {
    this.io = io
    this.parts = parts
    this.settingFlags = given.settingFlags ?? {}
  }

  get exitCode(): number {
    return this.#exitCode
  }

  /** Runs one command; any error becomes a failed result. Undefined: it has printed everything itself. */
  async run(options: RunOptions, work: () => Promise<Outcome | undefined>): Promise<void> {
    const outcome = await work().catch(
      (error: unknown): Outcome => ({ results: [failureOf(options.id ?? '', error)] }),
    )
    if (outcome === undefined) return
    this.#exitCode = outcome.exitCode ?? exitCodeOf(outcome.results)
    printOutcome(this.io, outcome, options.json === true)
  }
}

/** The options of every command. */
export function addJsonOption(command: Command): Command {
  return command.option('--json', 'print one JSON document {ok, results} instead of text')
}

/** Applies the work to each id in turn; a failure does not prevent the others from being tried. */
export async function forEachId(
  ids: readonly string[],
  work: (id: string) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  for (const id of new Set(ids)) {
    results.push(await work(id).catch((error: unknown) => failureOf(id, error)))
  }
  return results
}

export function usageError(message: string, hint?: string): PlugbayError {
  return new PlugbayError(
    'USAGE',
    message,
    hint === undefined ? {} : { problems: [{ code: 'USAGE', message, hint }] },
  )
}

/** Resolves at the first signal; a second one exits at once. The listener stays until `stop`. */
export function untilSignal(io: Io): { readonly signalled: Promise<void>; readonly stop: () => void } {
  let stop = (): void => undefined
  const signalled = new Promise<void>((resolve) => {
    let count = 0
    stop = io.onSignal(() => {
      count += 1
      if (count === 1) resolve()
      else io.exitNow(130)
    })
  })
  return { signalled, stop: () => stop() }
}
