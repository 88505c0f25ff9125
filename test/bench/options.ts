// The command line of `npm run bench`.

import { parseArgs } from 'node:util'

export interface Options {
  readonly rounds: number
  readonly seconds: number
  /** Of files to back up. */
  readonly megabytes: number
  /** Parts to measure; all by default. */
  readonly only: readonly string[]
  /** Folder of another checkout. */
  readonly base: string | undefined
  /** Name or path of a run to compare with. */
  readonly against: string | undefined
  /** Name or path to keep the run under. */
  readonly save: string | undefined
}

export const USAGE = `npm run bench -- [options]
  --only PART       measure this part only; may be repeated
  --rounds N        rounds of every comparison (5)
  --seconds N       seconds of load in a round (4)
  --megabytes N     size of what is backed up (1000)
  --base FOLDER     measure another checkout beside this one, in the same run
  --against RUN     compare ratios with an earlier run; the exit status is 1 when one is worse
  --save RUN        keep the run in test/bench/results
A RUN is a name in test/bench/results or the path of a file.`

/** @throws a TypeError that says what is wrong */
export function readOptions(args: readonly string[], parts: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '4' },
      only: { type: 'string', multiple: true, default: [] },
      megabytes: { type: 'string', default: '1000' },
      base: { type: 'string' },
      against: { type: 'string' },
      save: { type: 'string' },
    },
  })
  const unknown = values.only.find((part) => !parts.includes(part))
  if (unknown !== undefined) throw new TypeError(`There is no part "${unknown}", but ${parts.join(', ')}`)
  return {
    rounds: positive('rounds', values.rounds),
    seconds: positive('seconds', values.seconds),
    megabytes: positive('megabytes', values.megabytes),
    only: values.only.length === 0 ? parts : values.only,
    base: values.base,
    against: values.against,
    save: values.save,
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new TypeError(`--${name} takes a whole number from 1`)
  return value
}
