#!/usr/bin/env node
// The program `plugbay`: passes the real process and the parts of the runtime to the command line.

import './thread-pool.ts'
import '../v8-flags.ts'
import './compile-cache.ts'

// The imports above have run before these are evaluated.
const [{ processIo }, { runCommandLine }, { cliParts }] = await Promise.all([
  import('./io.ts'),
  import('./program.ts'),
  import('./wiring.ts'),
])

process.exitCode = await runCommandLine(process.argv.slice(2), processIo(), cliParts())
