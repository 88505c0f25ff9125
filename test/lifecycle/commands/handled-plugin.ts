// A plugin that writes down which of its lifecycle handlers are called, and by whom.

import assert from 'node:assert/strict'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import { api, logLines, type PluginSource, send } from '../../support/runtime.ts'

/** Writes each call down in its own storage; `plan` says what a handler does instead. */
const backend = (plan: Readonly<Record<string, string>> = {}) => `
async function told(name, env, ctx) {
  const calls = JSON.parse((await env.kv.get('calls')) ?? '[]')
  await env.kv.put('calls', JSON.stringify([...calls, name + ' by ' + (ctx.user?.name ?? null)]))
}
export default {
  async fetch(request, env) { return new Response(await env.kv.get('calls')) },
  lifecycle: {
${['install', 'enable', 'disable', 'uninstall']
  .map((step) => `    async ${step}(env, ctx) { await told('${step}', env, ctx); ${plan[step] ?? ''} },`)
  .join('\n')}
  },
}
`
export const plugin = (version: string, plan: Readonly<Record<string, string>> = {}): PluginSource => ({
  id: 'book',
  version,
  backend: backend(plan),
  manifest: { permissions: { kv: true } },
})
export const FAILS = `throw new Error('not today')`

export async function get(runtime: Runtime): Promise<Installation> {
  return (await (await api(runtime, '/plugins/book')).json()) as Installation
}
export const command = async (runtime: Runtime, name: string): Promise<Installation> => {
  const response = await send(runtime, 'POST', `/plugins/book/${name}`)
  assert.equal(response.status, 200)
  return (await response.json()) as Installation
}
/** What the plugin has written down, also where it does not serve. */
export async function calls(runtime: Runtime): Promise<readonly string[]> {
  const snapshot = await runtime.plugins.exportData('book', 'test')
  const parts: Uint8Array[] = []
  for await (const chunk of snapshot.chunks) parts.push(chunk)
  const found = /\["(?:\w+ by [\w ]+",?"?)+\]/.exec(Buffer.concat(parts).toString('latin1'))
  return found === null ? [] : (JSON.parse(found[0]) as string[])
}
/** Of its log. */
export const messages = async (runtime: Runtime) =>
  (await logLines(runtime, 'book')).map(({ level, message }) => `${level} ${message}`)
