// What a server has read before it answers: every library here is a part of the time that a start takes.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { temporaryFolder } from '../support/runtime.ts'

/** Wanted by the first upload, the first call of the admin API, a request of a plugin to others, or never. */
const LATER = [
  'typebox',
  'ajv',
  'ajv-formats',
  'prom-client',
  'busboy',
  'undici',
  'esbuild',
  'adm-zip',
  'smol-toml',
  'chokidar',
  'vite',
  'usb',
  'isolated-vm',
]

const SCRIPT = `
import { registerHooks } from 'node:module'
const seen = new Set()
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    const [, name] = /node_modules[\\\\/](?!.*node_modules)(@[^\\\\/]+[\\\\/][^\\\\/]+|[^\\\\/]+)/.exec(found.url) ?? []
    if (name !== undefined && !found.url.endsWith('/package.json')) seen.add(name)
    return found
  },
})
const { startServer } = await import(process.argv[1])
const { DEFAULT_CONFIG } = await import(process.argv[2])
const config = { ...DEFAULT_CONFIG, port: 0, logLevel: 'silent', data: process.argv[3] }
const { url, close } = await startServer(config, { samples: false })
const { status } = await fetch(url + '/healthz')
console.log(JSON.stringify({ status, seen: [...seen] }))
await close()
`

test('a server that answers has read no library that its first request does not need', async (t) => {
  const data = await temporaryFolder(t)
  const files = ['../../runtime/server.ts', '../../runtime/config/config.ts'].map((path) =>
    import.meta.resolve(path),
  )
  const args = ['--input-type=module', '-e', SCRIPT, ...files, data]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const { status, seen } = JSON.parse(stdout) as { readonly status: number; readonly seen: readonly string[] }
  assert.equal(status, 200)
  assert.ok(seen.includes('hono') && seen.includes('kysely'), seen.join())
  assert.deepEqual(
    LATER.filter((name) => seen.includes(name)),
    [],
  )
})
