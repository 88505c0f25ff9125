#!/usr/bin/env node
// Starts the program `plugbay`: prepares the process, then loads the one file that holds everything else.

import './needs-node.ts'
import './thread-pool.ts'
import '../v8-flags.ts'
import './compile-cache.ts'
import { programUrl } from '../bundles/program.ts'
import { nameSources } from './stacks.ts'

const program = programUrl()
nameSources(program)
const { run } = (await import(program.href)) as typeof import('./run.ts')
process.exitCode = await run()
