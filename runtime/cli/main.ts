#!/usr/bin/env node
// The program `plugbay`: hands the real process and the parts of the runtime to the command line.

import '../v8-flags.ts'
import './compile-cache.ts'

// What is imported above has run before these are read.
const [{ processIo }, { runCommandLine }, { cliParts }] = await Promise.all([
  import('./io.ts'),
  import('./program.ts'),
  import('./wiring.ts'),
])

process.exitCode = await runCommandLine(process.argv.slice(2), processIo(), cliParts())
