// Vite beside `plugbay dev`, for a project that has a config of it: it builds the frontend again with each save.
// It is the project's own Vite, with the rights of the author, as `npx vite build --watch` would be; nothing of it runs for a folder
// that has not been given one by an installation.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import { hasViteConfig } from '../package/format/vite-configs.ts'
import type { DevEvent } from './dev-events.ts'

const BUILT = /\bbuilt in \d/
const FAILED = /\berror\b|\bfailed\b/i
/** Until the first build: what is there is served then. */
const FIRST_MS = 60_000
const KILL_MS = 2000

export interface ViteWatch {
  close(): Promise<void>
}

/** Resolves after the first build, whatever becomes of it; undefined for a project without Vite. */
export async function watchWithVite(
  folder: string,
  onEvent: (event: DevEvent) => void,
): Promise<ViteWatch | undefined> {
  const vite = viteOf(folder)
  if (vite === undefined) return undefined
  const child = spawn(process.execPath, [vite.program, ...watchArguments(vite.version)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { promise: first, resolve: onFirst } = Promise.withResolvers<void>()
  const timer = setTimeout(onFirst, FIRST_MS)
  let isClosing = false
  child.once('error', (error) => onEvent(told('error', `Vite cannot be started: ${error.message}`)))
  child.once('close', (code) => {
    if (!isClosing) onEvent(told('error', `Vite has ended (${code}): the frontend is not built any more`))
    onFirst()
  })
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (coloured) => {
      const line = stripVTControlCharacters(coloured)
      const failed = FAILED.test(line) || stream === child.stderr
      if (failed && line.trim() !== '') onEvent(told('error', `vite: ${line}`))
      if (failed || BUILT.test(line)) onFirst()
    })
  }
  await first
  clearTimeout(timer)
  return {
    async close() {
      isClosing = true
      await end(child)
    },
  }
}

/**
 * Since 8.4, a build of Vite keeps others of the same project away: "npm test" and "npm run pack" have to work beside `plugbay dev`.
 * @param version of Vite
 */
export function watchArguments(version: string): readonly string[] {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const locks = major > 8 || (major === 8 && minor >= 4)
  return ['build', '--watch', '--clearScreen', 'false', ...(locks ? ['--bypass-lock'] : [])]
}

function viteOf(folder: string): { readonly program: string; readonly version: string } | undefined {
  if (!hasViteConfig(folder)) return undefined
  try {
    const require = module.createRequire(join(folder, 'package.json'))
    const file = require.resolve('vite/package.json')
    return { program: join(dirname(file), 'bin/vite.js'), version: String(require(file).version) }
  } catch {
    return undefined // It is not installed: "npm install" comes first, and what was built is served.
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const closed = once(child, 'close')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), KILL_MS)
  await closed
  clearTimeout(timer)
}

function told(level: 'error', message: string): DevEvent {
  return { event: 'log', level, message }
}
