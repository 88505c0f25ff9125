// For the tests of the linker: packages from literals, and linked scripts run as the loader runs them, in a context of node:vm.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import vm from 'node:vm'
import { linkBackend } from '../../../../runtime/package/worker/link/link.ts'
import type { Problem } from '../../../../sdk/api/problems.ts'

export type Texts = Readonly<Record<string, string | Uint8Array>>

export function packageOf(texts: Texts): Map<string, Uint8Array> {
  const encoder = new TextEncoder()
  return new Map(
    Object.entries(texts).map(([path, text]) => [
      path,
      typeof text === 'string' ? encoder.encode(text) : text,
    ]),
  )
}

/** The files below a real folder, as they would be in a zip at `prefix`. */
export function filesBelow(folder: string, prefix: string): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {}
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files[`${prefix}${path.slice(folder.length).replaceAll('\\', '/')}`] = readFileSync(path)
  }
  return files
}

export interface Linked {
  readonly code: string
  readonly map: string
}

export async function link(texts: Texts, entry = 'backend/index.ts'): Promise<Linked> {
  const outcome = await linkBackend(packageOf(texts), { entry, maxCodeBytes: 20_000_000 })
  assert.ok(outcome.ok, JSON.stringify(outcome, null, 2))
  return outcome
}

export async function errorProblems(texts: Texts, entry = 'backend/index.ts'): Promise<readonly Problem[]> {
  const outcome = await linkBackend(packageOf(texts), { entry, maxCodeBytes: 20_000_000 })
  return outcome.ok ? [] : outcome.problems
}

/** Runs a linked script; answers the namespace that it registered. */
export async function evaluate(
  { code }: Linked,
  globals: Readonly<Record<string, unknown>> = {},
): Promise<Record<string, unknown>> {
  let registered: unknown
  let loaded: unknown
  const register = (namespace: unknown) => {
    registered = namespace
  }
  const context = vm.createContext({
    ...globals,
    __plugbay_load: (load: (register: (namespace: unknown) => void) => unknown) => {
      loaded = load(register)
    },
  })
  vm.runInContext(code, context, { filename: 'plugin:///test/backend.js' })
  await loaded
  assert.ok(typeof registered === 'object' && registered !== null, 'nothing was registered')
  return { ...registered }
}

export async function run(texts: Texts, entry?: string): Promise<Record<string, unknown>> {
  return evaluate(await link(texts, entry))
}

/** The values across the realm of the context, as plain values of this one. */
export function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
