#!/usr/bin/env node
// The program `plugbay`: hands the real process and the parts of the runtime to the command line.

import '../v8-flags.ts'
import { processIo } from './io.ts'
import { runCommandLine } from './program.ts'
import { cliParts } from './wiring.ts'

process.exitCode = await runCommandLine(process.argv.slice(2), processIo(), cliParts())
