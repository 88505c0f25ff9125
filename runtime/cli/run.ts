// The program `plugbay` from its first command on: passes the real process and the parts of the runtime to the command line.

import { processIo } from './io.ts'
import { runCommandLine } from './program.ts'
import { cliParts } from './wiring.ts'

/** Resolves with the exit status. Never rejects. */
export function run(): Promise<number> {
  return runCommandLine(process.argv.slice(2), processIo(), cliParts())
}
