// Plugins as an operator meets them, in several states; each suite installs those that it looks at.

import assert from 'node:assert/strict'
import { createApp } from '../../runtime/app.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { LogLevel } from '../../sdk/api/logs.ts'
import { ADMIN_TOKEN, backendOf, install, type PluginSource, send, until } from '../support/runtime.ts'

const FINE = backendOf("return new Response('fine')")

export const GUESTBOOK: PluginSource = {
  id: 'guestbook',
  version: '1.2.0',
  // Writes lines of the requested text to its log.
  backend: backendOf(`
    if (request.method === 'POST')
      for (const [level, message] of await request.json()) env.log[level](message)
    return new Response('fine')`),
  manifest: {
    name: 'Guestbook',
    description: 'Visitors leave a few words; everybody reads them',
    access: 'user',
    permissions: { kv: true },
    settings: {
      type: 'object',
      properties: {
        title: {
          type: 'string',
          default: 'Our guestbook',
          description: 'Stands above the entries',
        },
        perPage: { type: 'integer', minimum: 1, maximum: 100, default: 10, title: 'Entries per page' },
        port: { type: 'integer', maximum: 65_535, default: 25, title: 'Mail port' },
        moderated: {
          type: 'boolean',
          default: true,
          description: 'Entries wait until somebody has read them',
        },
        order: { type: 'string', enum: ['newest', 'oldest'], default: 'newest' },
        apiKey: { type: 'string', format: 'secret', title: 'Mail API key' },
        region: { type: 'string' },
        maxSize: { type: 'integer', format: 'bytes', default: '5MB', title: 'Largest photo' },
        words: {
          type: 'array',
          items: { type: 'string' },
          default: ['spam'],
          description: 'Entries with these words are refused',
        },
      },
    },
  },
}

/** What the environment of the server decides. */
export const ENVIRONMENT = { PLUGBAY_SETTING_GUESTBOOK_REGION: 'eu' }

export const USB_BACKUP: PluginSource = {
  id: 'usb-backup',
  version: '0.9.1',
  backend: FINE,
  manifest: {
    name: 'USB backup',
    description: 'Copies the data of this server to a stick',
    permissions: {
      kv: true,
      tasks: true,
      volumes: 'readwrite',
      usb: [{ vendorId: 18_164 }, { classCode: 8 }],
      network: ['https://api.example.org', 'https://status.example.net'],
    },
  },
}

export const WEATHER: PluginSource = {
  id: 'weather',
  version: '2.0.0',
  backend: FINE,
  manifest: {
    name: 'Weather',
    description: 'The forecast for the garden',
    permissions: { network: ['https://api.weather.example'] },
  },
}

/** Asks for more than version 2.0.0. */
export const NEWER_WEATHER: PluginSource = {
  ...WEATHER,
  version: '2.1.0',
  manifest: { ...WEATHER.manifest, permissions: { network: ['https://api.weather.example'], kv: true } },
}

const GREEDY: PluginSource = {
  id: 'greedy-plugin',
  typescript: true,
  backend: `${backendOf(`
    if (url.pathname === '/throw') fill()
    if (url.pathname === '/loop') for (;;) {}
    return new Response('fine')`)}
function fill(): never {
  throw new RangeError('There is no end to it')
}
`,
  manifest: {
    name: 'Greedy plugin',
    description: 'Breaks a limit on purpose, each button another one',
    limits: { cpuMs: 100, deadlineMs: 3000 },
  },
}

/** So that a plugin need not fail five times before it is in quarantine. */
export const FAILS_QUICKLY = { maxFailures: 2 }

/** Fails until it is stopped for good: a request throws, then two never yield. */
export async function quarantineGreedy(runtime: Runtime): Promise<void> {
  await install(runtime, GREEDY)
  const ask = async (path: string) => (await visit(runtime, `/plugins/greedy-plugin/api${path}`)).status
  assert.equal(await ask('/throw'), 500)
  for (let failure = 0; failure < FAILS_QUICKLY.maxFailures; failure++) {
    await until('it answers', async () => (await ask('/')) === 200)
    assert.equal(await ask('/loop'), 504)
  }
  await until('it is in quarantine', async () => {
    const { state } = await runtime.plugins.get('greedy-plugin')
    return state === 'quarantined' && (await hasEvidence(runtime))
  })
}

/** The guestbook with a release before the current one, a setting that was changed, and 30 lines in its log. */
export async function installGuestbook(runtime: Runtime): Promise<void> {
  await install(runtime, { ...GUESTBOOK, version: '1.1.0' })
  await install(runtime, GUESTBOOK)
  await runtime.plugins.changeSettings('guestbook', { perPage: 20, apiKey: 'first' }, 'test')
  const levels = ['info', 'debug', 'info', 'warn', 'info', 'error'] as const
  await writeLog(
    runtime,
    Array.from({ length: 30 }, (_, n) => [
      levels[n % 6] ?? 'info',
      `Entry ${n} from "a visitor" was read in ${n * 3} ms`,
    ]),
  )
}

export async function writeLog(
  runtime: Runtime,
  lines: readonly (readonly [level: LogLevel, message: string])[],
): Promise<void> {
  const init = { method: 'POST', body: JSON.stringify(lines) }
  assert.equal((await visit(runtime, '/plugins/guestbook/api/', init)).status, 200)
}

/** Makes a plugin run, or fail. */
export async function visit(runtime: Runtime, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  return await createApp(runtime).request(`http://127.0.0.1${path}`, { ...init, headers })
}

async function hasEvidence(runtime: Runtime): Promise<boolean> {
  return (await send(runtime, 'GET', '/plugins/greedy-plugin/evidence')).ok
}
