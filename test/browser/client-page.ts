// A page of the plugin "hello" with plugbay/client as `client`, at each kind of address.

import type { TestContext } from 'node:test'
import type { Principal } from '../../runtime/permissions/principal.ts'
import { serve as listenFor } from '../../runtime/serve.ts'
import { clientBundle } from '../support/client-bundle.ts'
import { install, type PluginSource, startTestRuntime } from '../support/runtime.ts'

export const OWN = (port: number): string => `http://hello.localhost:${port}/deep/page.html`
export const OPAQUE = (port: number): string => `http://127.0.0.1:${port}/plugins/hello/deep/page.html`
/** Leads to the plugin's own origin with a ticket. */
export const BY_TICKET = (port: number): string => `http://localhost:${port}/plugins/hello/deep/page.html`

const PAGE =
  '<!doctype html><html><head><script type="module">import * as client from "../client.js"; globalThis.client = client</script></head><body></body></html>'

interface Served {
  readonly access: 'public' | 'user'
  readonly backend: string
  /** Installed beside it. */
  readonly others?: readonly PluginSource[]
}

/** Returns the port. */
export async function serveClientPage(
  t: TestContext,
  { access, backend, others = [] }: Served,
): Promise<number> {
  const files = { 'frontend/client.js': await clientBundle(), 'frontend/deep/page.html': PAGE }
  const runtime = await startTestRuntime(t, access === 'user' ? { authenticate: vouch } : {})
  await install(runtime, { id: 'hello', backend, files, manifest: { access } })
  for (const other of others) await install(runtime, other)
  const listening = await listenFor(runtime)
  t.after(() => listening.close(0))
  return listening.port
}

/**
 * An application vouches for Ada on the server's own origin: as with a cookie, a page of another site would act as her too. On the
 * plugin's only what led her there tells who she is.
 */
async function vouch(request: Request): Promise<Principal | null> {
  const isOurs = !new URL(request.url).hostname.endsWith('.localhost')
  return isOurs ? { name: 'Ada', permissions: [], kind: 'application' } : null
}
