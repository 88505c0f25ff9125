// A checkout of Plugbay under measurement: this one, or another beside it. It is driven as its users drive it, by its program
// and over HTTP, so that any commit can be measured by today's benchmark.

import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnBound } from '../processes/server-process.ts'

export interface Checkout {
  readonly name: 'plugbay' | 'base'
  readonly folder: string
}

/** The prefix lets it in at a plugin's routes, too. */
export const ADMIN_TOKEN = 'pbt_a-token-of-the-benchmark'
const HERE = fileURLToPath(new URL('../../..', import.meta.url))

/** This checkout, and the other one where a folder is given. */
export function checkouts(base: string | undefined): readonly Checkout[] {
  const here: Checkout = { name: 'plugbay', folder: HERE }
  if (base === undefined) return [here]
  const folder = resolve(base)
  if (!existsSync(join(folder, 'node_modules')))
    throw new Error(`"${folder}" is no checkout with its own node_modules: run "npm install" there`)
  return [here, { name: 'base', folder }]
}

/** The Node that the checkout brings. */
export function nodeOf({ folder }: Checkout): string {
  const own = join(folder, 'node_modules/.bin/node')
  return existsSync(own) ? own : process.execPath
}

/** Runs `plugbay` of the checkout, in a folder without a configuration. */
export function runProgram(checkout: Checkout, args: readonly string[]): ChildProcess {
  const starter = join(checkout.folder, 'runtime/cli/start.js')
  const program = existsSync(starter) ? starter : join(checkout.folder, 'runtime/cli/main.ts')
  return spawnBound(nodeOf(checkout), ['--disable-sigusr1', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, PLUGBAY_ADMIN_TOKEN: ADMIN_TOKEN },
  })
}
